//! The word before every object: its type, and how many handles root it.
//!
//! ```text
//!  63                              22 21            2       1        0
//!  +--------------------------------+----------------+---------+--------+
//!  | address of the TypeInfo >> 6   | count          |published|immortal|
//!  +--------------------------------+----------------+---------+--------+
//! ```
//!
//! The count is the number of handles outside of the collected heap: while it is
//! above 0, the object is a root. One word for all of it makes an object 8 bytes
//! larger than its value; TypeInfos are aligned to 64 bytes and addresses have 48
//! bits, which is what makes room for the count.
//!
//! - *published*: there has been a second handle, an edge in the heap, or a cell that
//!   others can load from. An object that is not published and has count 1 has exactly one handle, so whoever holds
//!   that may change the word with plain loads and stores. Most objects go from birth
//!   to their first edge that way, without a locked instruction.
//! - *immortal*: the count has run over at some time, and is not believed any more.

use super::trace::TypeInfo;
use crate::loom::sync::atomic::AtomicU64;
use crate::loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

pub(crate) const IMMORTAL: u64 = 1;
pub(crate) const PUBLISHED: u64 = 2;
pub(crate) const ONE: u64 = 4;
const STATE_BITS: u32 = 22;
const STATE: u64 = (1 << STATE_BITS) - 1;
/// The bits that make an object a root.
const ROOTED: u64 = (STATE & !(ONE - 1)) | IMMORTAL;
/// From here on the count is not kept: half of what fits, so that threads that
/// count at the same time do not carry into the address.
const TOO_MANY: u64 = 1 << (STATE_BITS - 1);

/// The word of an object, which is alive.
#[derive(Clone, Copy)]
pub(crate) struct Header(&'static AtomicU64);

impl Header {
    /// # Safety
    /// `object` is the address of an object, which stays allocated while the header
    /// is used.
    #[inline(always)]
    pub(crate) unsafe fn of(object: *mut u8) -> Header {
        // SAFETY: every object begins with its word; it is only changed atomically
        // once others can see it.
        Header(unsafe { &*object.cast::<AtomicU64>() })
    }

    /// The word of a new object with one handle.
    #[inline(always)]
    pub(crate) fn init(self, info: &'static TypeInfo) {
        let address = std::ptr::from_ref(info).expose_provenance() as u64;
        debug_assert!(address < 1 << 48 && address.is_multiple_of(64));
        // Release: whoever finds the object through the table of marks sees its
        // value.
        self.0.store(address << 16 | ONE, Release);
    }

    /// The whole word, with what was written to the object before it.
    #[inline(always)]
    pub(crate) fn load_acquire(self) -> u64 {
        self.0.load(Acquire)
    }

    #[inline(always)]
    pub(crate) fn info(self) -> &'static TypeInfo {
        info_of(self.0.load(Relaxed))
    }

    /// One handle more. `true` if it is the first: the object was no root before.
    #[inline(always)]
    pub(crate) fn retain(self) -> bool {
        // Relaxed: as for Arc, whoever counts holds the object by something else.
        let before = self.0.fetch_add(ONE, Relaxed);
        if before & (PUBLISHED | IMMORTAL | TOO_MANY) != PUBLISHED {
            self.retained_oddly(before);
        }
        before & ROOTED == 0
    }

    #[cold]
    #[inline(never)]
    fn retained_oddly(self, before: u64) {
        if before & (IMMORTAL | TOO_MANY) != 0 {
            self.0.fetch_or(IMMORTAL | PUBLISHED, Relaxed);
            self.0.fetch_sub(ONE, Relaxed);
        } else {
            self.0.fetch_or(PUBLISHED, Relaxed);
        }
    }

    /// One handle less.
    #[inline(always)]
    pub(crate) fn release(self) {
        self.give_up(0);
    }

    /// One handle less, which became an edge.
    #[inline(always)]
    pub(crate) fn release_into_heap(self) {
        self.give_up(PUBLISHED);
    }

    /// The handle's holder is about to let others get at the object.
    #[inline(always)]
    pub(crate) fn publish(self) {
        let word = self.0.load(Relaxed);
        if word & PUBLISHED == 0 {
            // There may be a second handle already, whose holder counts at this moment.
            self.0.fetch_or(PUBLISHED, Relaxed);
        }
    }

    #[cfg(test)]
    pub(crate) fn is_published(self) -> bool {
        self.load_acquire() & PUBLISHED != 0
    }

    /// How many handles root the object; many, if there were too many to count.
    pub(crate) fn handles(self) -> u64 {
        let word = self.load_acquire();
        if word & IMMORTAL != 0 {
            return TOO_MANY / ONE;
        }
        (word & STATE) / ONE
    }

    #[inline(always)]
    fn give_up(self, flag: u64) {
        let word = self.0.load(Relaxed);
        if word & STATE == ONE {
            // Ours is the only handle, and nobody else can get at the object.
            // Release: what we did with the object is over when it is seen as free.
            self.0.store((word - ONE) | flag, Release);
        } else {
            self.give_up_shared(word, flag);
        }
    }

    #[inline(always)]
    fn give_up_shared(self, word: u64, flag: u64) {
        if word & flag != flag {
            self.0.fetch_or(flag, Relaxed);
        }
        if word & IMMORTAL == 0 {
            // Release: as above.
            self.0.fetch_sub(ONE, Release);
        }
    }
}

#[inline(always)]
pub(crate) fn is_rooted(word: u64) -> bool {
    word & ROOTED != 0
}

#[inline(always)]
pub(crate) fn info_of(word: u64) -> &'static TypeInfo {
    let address = ((word >> STATE_BITS) << 6) as usize;
    // SAFETY: `init` stored the address of a `&'static TypeInfo`, exposed, and
    // nothing changes these bits.
    unsafe { &*std::ptr::with_exposed_provenance(address) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::trace::Of;

    fn word() -> &'static AtomicU64 {
        Box::leak(Box::new(AtomicU64::new(0)))
    }

    #[test]
    fn the_type_stays_whatever_the_count_does() {
        let header = Header(word());
        header.init(Of::<String>::INFO);
        assert!(!header.retain());
        header.release();
        header.release();
        assert!(!is_rooted(header.load_acquire()));
        assert!(header.retain());
        assert!(std::ptr::eq(header.info(), Of::<String>::INFO));
    }

    #[test]
    fn a_count_that_runs_over_makes_the_object_immortal() {
        let header = Header(word());
        header.init(Of::<u64>::INFO);
        for _ in 0..600_000 {
            header.retain();
        }
        assert_ne!(header.load_acquire() & IMMORTAL, 0);
        for _ in 0..600_001 {
            header.release();
        }
        assert!(is_rooted(header.load_acquire()));
        assert!(std::ptr::eq(header.info(), Of::<u64>::INFO));
    }

    #[test]
    fn an_edge_publishes() {
        let header = Header(word());
        header.init(Of::<u64>::INFO);
        header.release_into_heap();
        assert_eq!(
            header.load_acquire() & (PUBLISHED | STATE & !(ONE - 1)),
            PUBLISHED
        );
    }
}
