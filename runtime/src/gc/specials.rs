//! What hangs on an object besides its value: weak pointers' slots, cleanups, a finalizer.
//!
//! Few objects have such a record, so they lie beside the heap, in a table by the
//! object's address: shards with a lock each, chains of records.
//!
//! ```text
//!   marking finds no more work, world stopped     revive: dead objects with a finalizer
//!                                                 are marked after all, and marking goes on
//!   marking over, before anything is swept        settle: slots of dead objects are
//!                                                 cleared, cleanups of dead objects queued
//!   a reaper                                      runs what was queued, first come first
//! ```
//!
//! Whoever wants to sweep settles first, shard by shard beside others. So a slot is
//! cleared before the memory it leads to can be used again.
//!
//! Records are made and freed outside of the runtime, where allocating is allowed.

use super::heap::{self, Listed};
use super::mark;
use super::world::{self, Region, Stopped};
use crate::kernel;
use crate::lock::SpinLock;
use crate::sys::PageVec;
use std::cmp::Reverse;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize};

const SHARDS: usize = 64;
const CHAINS: usize = 256;

/// What there is to do when the object dies.
pub(crate) enum Kind {
    /// Clear this slot, an object too, which the record does not keep alive.
    Weak(*mut u8),
    Cleanup(Box<dyn FnOnce() + Send>),
    /// Gets the object with a count.
    Finalizer(Box<dyn FnOnce(*mut u8) + Send>),
}

pub(crate) struct Special {
    next: *mut Special,
    object: *mut u8,
    /// In the order in which they were made.
    number: u64,
    kind: Kind,
}

struct Shard {
    chains: [*mut Special; CHAINS],
    len: usize,
    finalizers: usize,
}

// SAFETY: a shard owns its records.
unsafe impl Send for Shard {}

static TABLE: [SpinLock<Shard>; SHARDS] = [const {
    SpinLock::new(Shard {
        chains: [null_mut(); CHAINS],
        len: 0,
        finalizers: 0,
    })
}; SHARDS];

/// Records in the table, as a hint.
static COUNT: AtomicUsize = AtomicUsize::new(0);
static NUMBER: AtomicU64 = AtomicU64::new(1);
/// Shards handed out to whoever settles, and those that are settled.
static NEXT: AtomicUsize = AtomicUsize::new(SHARDS);
static SETTLED: AtomicUsize = AtomicUsize::new(SHARDS);

/// What is to be run or freed.
struct Ready {
    list: PageVec<Listed>,
    /// The last registered is the first in the list.
    sorted: bool,
}

static READY: SpinLock<Ready> = SpinLock::new(Ready {
    list: PageVec::new(),
    sorted: true,
});
static WAITING: AtomicUsize = AtomicUsize::new(0);

fn place_of(object: *mut u8) -> (usize, usize) {
    let hash = (object.addr() as u64 >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> 58) as usize, (hash >> 50) as usize & (CHAINS - 1))
}

impl Shard {
    fn push(&mut self, chain: usize, special: *mut Special) {
        // SAFETY: the record is the table's from here on.
        let record = unsafe { &mut *special };
        record.next = self.chains[chain];
        self.chains[chain] = special;
        self.len += 1;
        self.finalizers += usize::from(matches!(record.kind, Kind::Finalizer(_)));
        COUNT.fetch_add(1, Relaxed);
    }

    /// Takes the records out of a chain for which `gone` holds, and gives them to `take`.
    fn remove(
        &mut self,
        chain: usize,
        mut gone: impl FnMut(&Special) -> bool,
        mut take: impl FnMut(*mut Special),
    ) {
        let mut link: *mut *mut Special = &raw mut self.chains[chain];
        // SAFETY: the links of a chain are valid, and the shard is ours.
        unsafe {
            while let Some(special) = (*link).as_mut() {
                if gone(special) {
                    *link = special.next;
                    self.len -= 1;
                    self.finalizers -= usize::from(matches!(special.kind, Kind::Finalizer(_)));
                    COUNT.fetch_sub(1, Relaxed);
                    take(special);
                } else {
                    link = &raw mut special.next;
                }
            }
        }
    }

    fn find(&self, chain: usize, mut is_it: impl FnMut(&Special) -> bool) -> Option<&Special> {
        let mut at = self.chains[chain];
        // SAFETY: as above.
        while let Some(special) = unsafe { at.as_ref() } {
            if is_it(special) {
                return Some(special);
            }
            at = special.next;
        }
        None
    }
}

/// Whether the object is alive, for a cycle of this colour whose marking is over.
fn is_marked(object: *mut u8, colour: u8) -> bool {
    // SAFETY: not swept yet.
    // Acquire: what was allocated there is seen.
    unsafe { heap::arena_of(object) }.mark(object).load(Acquire) == colour
}

fn new_record(object: *mut u8, kind: Kind) -> *mut Special {
    Box::into_raw(Box::new(Special {
        next: null_mut(),
        object,
        number: NUMBER.fetch_add(1, Relaxed),
        kind,
    }))
}

/// Hangs a cleanup or a finalizer on an object that the caller holds; its number. `None`
/// if the object has a finalizer and shall have another.
pub(crate) fn add(object: *mut u8, kind: Kind) -> Option<u64> {
    let is_finalizer = |kind: &Kind| matches!(kind, Kind::Finalizer(_));
    let second = is_finalizer(&kind);
    let record = new_record(object, kind);
    // SAFETY: just made.
    let number = unsafe { (*record).number };
    let (shard, chain) = place_of(object);
    let m = kernel::enter_quietly();
    let mut table = TABLE[shard].lock();
    let has_one = second
        && table
            .find(chain, |s| s.object == object && is_finalizer(&s.kind))
            .is_some();
    if !has_one {
        table.push(chain, record);
    }
    drop(table);
    kernel::leave(m);
    if has_one {
        // SAFETY: nobody has it.
        drop(unsafe { Box::from_raw(record) });
        return None;
    }
    Some(number)
}

/// Takes a record off; `false` if it is not there any more.
pub(crate) fn take_off(object: *mut u8, mut is_it: impl FnMut(u64, &Kind) -> bool) -> bool {
    let (shard, chain) = place_of(object);
    let mut taken = null_mut();
    let m = kernel::enter_quietly();
    TABLE[shard].lock().remove(
        chain,
        |s| s.object == object && is_it(s.number, &s.kind),
        |record| taken = record,
    );
    kernel::leave(m);
    if taken.is_null() {
        return false;
    }
    // SAFETY: off the table, and ours.
    drop(unsafe { Box::from_raw(taken) });
    true
}

/// The slot that leads to `object` weakly, with a count, if there is one.
pub(crate) fn slot_of(object: *mut u8) -> Option<*mut u8> {
    let (shard, chain) = place_of(object);
    let region = Region::enter();
    let found = slot_in(&region, &TABLE[shard].lock(), chain, object);
    region.leave();
    found
}

/// Makes `slot` the object's, unless there is one: that one then, with a count.
pub(crate) fn set_slot(object: *mut u8, slot: *mut u8) -> Option<*mut u8> {
    let record = new_record(object, Kind::Weak(slot));
    let (shard, chain) = place_of(object);
    let region = Region::enter();
    let mut table = TABLE[shard].lock();
    let found = slot_in(&region, &table, chain, object);
    if found.is_none() {
        table.push(chain, record);
    }
    drop(table);
    region.leave();
    if found.is_some() {
        // SAFETY: nobody has it.
        drop(unsafe { Box::from_raw(record) });
    }
    found
}

fn slot_in(region: &Region, table: &Shard, chain: usize, object: *mut u8) -> Option<*mut u8> {
    let mut slot = null_mut();
    // A slot that died in the last cycle is as if it were not there; its memory is not
    // used again while its record is.
    table.find(chain, |s| match s.kind {
        Kind::Weak(at) if s.object == object && region.can_have(at) => {
            slot = at;
            true
        }
        _ => false,
    })?;
    region.becomes_handle(slot);
    Some(slot)
}

/// Clears a slot.
///
/// # Safety
/// It is the object of a `weak::Slot`, and not swept.
unsafe fn clear(slot: *mut u8) {
    // SAFETY: by this function's contract; behind the header is the value, one pointer.
    let word = unsafe { &*slot.add(8).cast::<AtomicPtr<u8>>() };
    // Release: pairs with the acquire of whoever upgrades.
    word.store(null_mut(), Release);
}

fn make_ready(record: *mut Special) {
    let mut ready = READY.lock();
    ready.list.push(Listed(record.cast()));
    ready.sorted = false;
    WAITING.store(ready.list.len(), Relaxed);
}

/// All that could be reached is marked: objects with finalizers that are not, are marked
/// now, and their finalizers and slots taken off. `true` if there were any.
pub(crate) fn revive(stopped: &Stopped) -> bool {
    if COUNT.load(Relaxed) == 0 {
        return false;
    }
    let colour = world::phase().colour();
    let mut revived = false;
    for shard in &TABLE {
        let mut shard = shard.lock();
        if shard.finalizers == 0 {
            continue;
        }
        for chain in 0..CHAINS {
            let is_dead =
                |s: &Special| matches!(s.kind, Kind::Finalizer(_)) && !is_marked(s.object, colour);
            while let Some(object) = shard.find(chain, is_dead).map(|s| s.object) {
                let slot = |s: &Special| match s.kind {
                    Kind::Weak(slot) if s.object == object => Some(slot),
                    _ => None,
                };
                if let Some(slot) = shard.find(chain, |s| slot(s).is_some()).and_then(slot) {
                    // SAFETY: a weak record's slot, before any sweeping.
                    unsafe { clear(slot) };
                }
                shard.remove(
                    chain,
                    |s| s.object == object && !matches!(s.kind, Kind::Cleanup(_)),
                    make_ready,
                );
                mark::revive(stopped, object, colour);
                revived = true;
            }
        }
    }
    revived
}

/// Marking has ended: the next who sweeps settles first.
pub(crate) fn begin_settling(_: &Stopped) {
    let done = if COUNT.load(Relaxed) == 0 { SHARDS } else { 0 };
    NEXT.store(done, Relaxed);
    SETTLED.store(done, Release);
}

/// Does what must be done before anything is swept, if it is not done. Inside the
/// runtime, with no cycle about to begin.
pub(crate) fn settle() {
    // Acquire: what others have settled is seen.
    if SETTLED.load(Acquire) == SHARDS {
        return;
    }
    let colour = world::phase().colour();
    loop {
        let next = NEXT.fetch_add(1, Relaxed);
        if next >= SHARDS {
            break;
        }
        settle_shard(&mut TABLE[next].lock(), colour);
        SETTLED.fetch_add(1, AcqRel);
    }
    while SETTLED.load(Acquire) != SHARDS {
        std::thread::yield_now();
    }
}

fn settle_shard(shard: &mut Shard, colour: u8) {
    if shard.len == 0 {
        return;
    }
    for chain in 0..CHAINS {
        shard.remove(
            chain,
            |special| {
                let dead = !is_marked(special.object, colour);
                match special.kind {
                    Kind::Weak(slot) => {
                        if dead {
                            // SAFETY: a weak record's slot, before any sweeping.
                            unsafe { clear(slot) };
                        }
                        dead || !is_marked(slot, colour)
                    }
                    _ => dead,
                }
            },
            make_ready,
        );
    }
}

/// Records that wait to be run.
pub(crate) fn waiting() -> usize {
    WAITING.load(Relaxed)
}

/// A record that was taken off the list, to be run.
pub(crate) struct Due(Special);

// SAFETY: it owns what it has; the object is dead, or has a count for it.
unsafe impl Send for Due {}

/// The first that is ready, in the order in which they were registered. Outside of the
/// runtime.
pub(crate) fn next_due() -> Option<Due> {
    let m = kernel::enter_quietly();
    let record = {
        let mut ready = READY.lock();
        if !std::mem::replace(&mut ready.sorted, true) {
            // SAFETY: records on the list are valid, and the list's.
            let number = |l: &Listed| unsafe { (*l.0.cast::<Special>()).number };
            ready.list.sort_unstable_by_key(|l| Reverse(number(l)));
        }
        let record = ready.list.pop();
        WAITING.store(ready.list.len(), Relaxed);
        record
    };
    kernel::leave(m);
    // SAFETY: off the list, and ours.
    record.map(|Listed(record)| Due(*unsafe { Box::from_raw(record.cast::<Special>()) }))
}

impl Due {
    pub(crate) fn run(self) {
        match self.0.kind {
            Kind::Weak(_) => {}
            Kind::Cleanup(f) => f(),
            Kind::Finalizer(f) => f(self.0.object),
        }
    }
}
