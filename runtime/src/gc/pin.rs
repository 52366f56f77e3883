//! Pins: reading edges without counting them.
//!
//! A load from a `GcCell` counts the handle it gives, because the edge may be overwritten
//! the next moment. Under a pin a load gives a plain reference, which is as fast as
//! following a pointer: nothing that could be reached while the pin lives is freed.
//!
//! Why that is so: marking finds all that could be reached when it began, and what is new
//! since; what is overwritten meanwhile is shaded. So a pin that began after marking did
//! only meets objects that this cycle keeps. For those that began before, sweeping waits.
//! Pins are counted per cycle they began in, odd and even ones apart; when marking begins
//! the parity changes, and what was counted under the old one only falls from then on.
//!
//! ```text
//!   pins 0  --+----+                 marking ends, both gone: sweep
//!   pins 1         |  +-----+------  do not hold up this sweep, but the next
//!              begin marking    end
//! ```
//!
//! Waiting for readers instead of counting each load is what epoch schemes do; here the
//! cycles are the epochs.

use super::cache;
use super::world::{Region, Stopped};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// Whose parity new pins count under. Changes in a stop.
static CYCLE: AtomicUsize = AtomicUsize::new(0);
/// Sweeping may have to wait for pins.
static HELD_UP: AtomicBool = AtomicBool::new(false);

/// Keeps what can be reached from being freed; see [`pin`].
#[derive(Debug)]
#[must_use = "nothing is pinned any more when the guard is dropped"]
pub struct Pinned {
    count: &'static AtomicUsize,
}

/// While the guard lives, what it loads is not freed: [`GcCell::load`] and
/// [`GcVec::load`] then give plain references, without counting.
///
/// Keep it for as long as a walk through the graph takes and no longer: no garbage is
/// freed meanwhile, and [`gc()`](super::gc) may return before it has freed anything. A
/// pin may be held across calls that block, and dropped on another thread.
///
/// ```
/// use marmota::gc::{self, Gc, GcCell, Trace};
///
/// #[derive(Trace)]
/// struct Node {
///     value: u64,
///     next: GcCell<Option<Gc<Node>>>,
/// }
///
/// let mut list = None;
/// for value in 1..=10 {
///     list = Some(Gc::new(Node { value, next: GcCell::new(list) }));
/// }
/// let head = list.unwrap();
///
/// let pinned = gc::pin();
/// let (mut sum, mut at) = (0, Some(&*head));
/// while let Some(node) = at {
///     sum += node.value;
///     at = node.next.load(&pinned);
/// }
/// assert_eq!(sum, 55);
/// ```
///
/// [`GcCell::load`]: super::GcCell::load
/// [`GcVec::load`]: super::GcVec::load
pub fn pin() -> Pinned {
    let region = Region::enter();
    // Relaxed: changes in stops, and not in a region.
    let count = &region.cache.pins[CYCLE.load(Relaxed) & 1];
    // Relaxed: whoever stops the world sees it.
    count.fetch_add(1, Relaxed);
    region.leave();
    Pinned { count }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // Release: the reading is over when it is seen.
        self.count.fetch_sub(1, Release);
    }
}

/// Marking begins.
pub(crate) fn begin_cycle(_: &Stopped) {
    CYCLE.fetch_add(1, Relaxed);
}

/// Marking has ended: sweeping waits for the pins of before.
pub(crate) fn end_cycle(_: &Stopped) {
    HELD_UP.store(any_old(), Relaxed);
}

/// Whether nothing of the last cycle may be freed yet.
pub(crate) fn hold_up() -> bool {
    // Relaxed: it becomes true in stops only.
    if !HELD_UP.load(Relaxed) {
        return false;
    }
    let held = any_old();
    if !held {
        HELD_UP.store(false, Relaxed);
    }
    held
}

fn any_old() -> bool {
    let old = CYCLE.load(Relaxed).wrapping_sub(1) & 1;
    // Acquire: pairs with the release of a pin's end.
    cache::any(|cache| cache.pins[old].load(Acquire) > 0)
}
