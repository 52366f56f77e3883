//! The look for roots: objects with a count, on pages whose card is set.
//!
//! A card is cleared first, then the counts are read, and it is set again if there is a
//! root: whoever sets it meanwhile (`Region::new_root`) has counted before, so one of the
//! two sees the other. What becomes a root behind the look's back is shaded.
//!
//! The models in `runtime/models` run this file in all orders.

use super::header::{self, Header};
use super::heap::{DOOMED, FREE};
use crate::loom::sync::atomic::AtomicU8;
use crate::loom::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

/// Takes a card that may have been set; `false` if there is nothing to look at.
#[inline(always)]
pub(crate) fn take(card: &AtomicU8) -> bool {
    // Relaxed: a hint; what is set from now on stays set.
    if card.load(Relaxed) == 0 {
        return false;
    }
    // SeqCst: before the counts are read, see the essay.
    card.swap(0, SeqCst);
    true
}

/// Looks at an object under a card that was taken; `true` if it is a root that was white,
/// and is to be walked.
///
/// # Safety
/// A slot, with its mark.
#[inline(always)]
pub(crate) unsafe fn look(card: &AtomicU8, object: *mut u8, mark: &AtomicU8, own: u8) -> bool {
    // Acquire: pairs with the store by whoever allocated it.
    let colour = mark.load(Acquire);
    if colour == FREE || colour == DOOMED {
        return false;
    }
    // SAFETY: the slot has an object.
    if !header::is_rooted(unsafe { Header::of(object) }.load_acquire()) {
        return false;
    }
    // Relaxed: the next look is after a stop.
    card.store(1, Relaxed);
    if colour == own {
        return false;
    }
    mark.store(own, Relaxed);
    true
}
