//! Pins: reading edges, and changing them, without counting.
//!
//! A load from a `GcCell` counts the handle it gives, because the edge may be overwritten
//! the next moment. Under a pin a load gives a plain reference, which is as fast as
//! following a pointer: nothing that could be reached while the pin lives is freed.
//!
//! Why that is so: marking does not end while a pin lives that began before it did. Pins
//! are counted per cycle they began in, odd and even ones apart; when marking begins the
//! parity changes, and what was counted under the old one only falls from then on.
//!
//! ```text
//!   pins 0  --+----+                 both gone: marking may end
//!   pins 1         |  +-----+------  not waited for, but by the next cycle
//!              begin marking    end, sweep
//! ```
//!
//! - A pin of before may lead to what this cycle has not met and never will: to objects
//!   that were cut off before it began, and what these lead to. They are not freed as
//!   long as marking goes on; and what its holder makes a root or an edge of meanwhile
//!   (`Object::root`, `GcCell::get`, a clone, a store) passes the barriers of marking, is
//!   shaded, and walked with all that it leads to before marking can end.
//! - A pin that began after marking did leads only to what this cycle keeps: it begins at
//!   a handle, or at what an older pin lends, for no longer than that lives; what could be
//!   reached from there was found, or is new, or was shaded when it was overwritten.
//!
//! So when marking ends, every reference that anybody has leads to objects that are
//! marked, and sweeping need not ask for pins. (It did at first: marking ended, and only
//! sweeping waited. But then the holder of an old pin could still make a handle of what
//! was not marked, and nothing marked it any more.)
//!
//! Nobody waits for a pin. Whoever finds that only pins keep marking from its end says so
//! (`AWAITED`), and rests; then allocations owe no marking, since there is none to do, and
//! the last of those pins goes on with the cycle when it ends. If its thread does not come
//! to that, because its runtime has just ended, the next allocation does.
//!
//! A goroutine whose slice is used up while it has a pin is let go on to the pin's end
//! (`kernel::slice_used_up`): with others waiting it would be tens of milliseconds before
//! its turn came again, and marking would last as long.
//!
//! Waiting for readers instead of counting each load is what epoch schemes do; here the
//! cycles are the epochs.

use super::world::{Region, Stopped};
use super::{cache, cycle};
use crate::kernel;
use crate::sched::GRef;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// Whose parity new pins count under. Changes in a stop.
static CYCLE: AtomicUsize = AtomicUsize::new(0);
/// Only pins keep marking from its end, or did: the last of them goes on with the cycle.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// Keeps what can be reached from being freed; see [`pin`].
#[derive(Debug)]
#[must_use = "nothing is pinned any more when the guard is dropped"]
pub struct Pinned {
    count: &'static AtomicUsize,
    /// `CYCLE`, when it began.
    cycle: usize,
    /// Who began it.
    by: Option<GRef>,
}

/// While the guard lives, what it loads is not freed: [`GcCell::load`] and
/// [`GcVec::load`] then give plain references, without counting, which can also be stored
/// ([`GcCell::store`]).
///
/// Keep it for as long as a walk through the graph takes and no longer: a collection does
/// not end while a pin lives that is older than it, nothing is freed meanwhile, and
/// [`gc()`](super::gc) may return before it has freed anything. A long piece of work lets
/// go of its pin from time to time, and takes a new one. A pin may be held across calls
/// that block, and dropped on another thread; one that is never dropped, because it was
/// forgotten, or its goroutine left behind by the end of its runtime, keeps everything.
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
/// let (mut sum, mut at) = (0, Some(Gc::as_object(&head)));
/// while let Some(node) = at {
///     sum += node.value;
///     at = node.next.load(&pinned);
/// }
/// assert_eq!(sum, 55);
/// ```
///
/// [`GcCell::load`]: super::GcCell::load
/// [`GcCell::store`]: super::GcCell::store
/// [`GcVec::load`]: super::GcVec::load
pub fn pin() -> Pinned {
    let region = Region::enter();
    // Relaxed: changes in stops, and not in a region.
    let cycle = CYCLE.load(Relaxed);
    let count = &region.cache.pins[cycle & 1];
    // Relaxed: whoever stops the world sees it.
    count.fetch_add(1, Relaxed);
    let by = region.begins_pin();
    region.leave();
    Pinned { count, cycle, by }
}

impl Drop for Pinned {
    #[inline]
    fn drop(&mut self) {
        // SeqCst, both: of a pin's end and somebody who begins to await it, one sees the
        // other. It is also the end of the reading for whoever frees.
        self.count.fetch_sub(1, SeqCst);
        if AWAITED.load(SeqCst) {
            self.was_awaited();
        }
        if let Some(g) = self.by {
            kernel::ends_pin(g);
        }
    }
}

impl Pinned {
    #[cold]
    #[inline(never)]
    fn was_awaited(&self) {
        // Relaxed: if it changes now, the cycle that awaited us is over. One of the same
        // parity is not awaited.
        if (self.cycle ^ CYCLE.load(Relaxed)) & 1 != 0 {
            cycle::go_on();
        }
    }
}

/// Marking begins.
pub(crate) fn begin_cycle(_: &Stopped) {
    CYCLE.fetch_add(1, Relaxed);
}

/// All is marked: whether pins of before keep marking from its end. If so, their end is
/// the business of the last of them.
pub(crate) fn keep_on(_: &Stopped) -> bool {
    // SeqCst: see `drop`.
    let before = AWAITED.swap(true, SeqCst);
    let on = any_old();
    if !on && !before {
        AWAITED.store(false, SeqCst);
    }
    // If it was set before, the last one may be about to go on.
    on
}

/// Marking has ended.
pub(crate) fn end_cycle(_: &Stopped) {
    AWAITED.store(false, SeqCst);
}

/// Whether pins kept marking from its end when that was last looked at.
#[inline]
pub(crate) fn are_awaited() -> bool {
    AWAITED.load(Relaxed)
}

/// Whether pins keep marking from its end now. Inside the runtime.
pub(crate) fn hold_up() -> bool {
    // SeqCst: whoever rests after this is woken by the pin's end.
    AWAITED.load(SeqCst) && any_old()
}

/// Whether pins kept marking from its end, and no longer do. Inside the runtime.
pub(crate) fn are_over() -> bool {
    AWAITED.load(Relaxed) && !any_old()
}

/// For whoever is to go on with the cycle then: `true` for one.
pub(crate) fn take_over() -> bool {
    are_over() && AWAITED.swap(false, SeqCst)
}

fn any_old() -> bool {
    let old = CYCLE.load(Relaxed).wrapping_sub(1) & 1;
    // SeqCst: see `drop`; and what was read under the pin is over.
    cache::any(|cache| cache.pins[old].load(SeqCst) > 0)
}
