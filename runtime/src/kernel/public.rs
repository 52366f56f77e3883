//! The kernel for everybody: build your own primitive.
//!
//! Every goroutine has one permit, as `std::thread::park` has: `ready` gives it,
//! `park` waits for it and takes it. So a `ready` that comes before the `park` is
//! not lost, and a primitive needs no lock across the two. As with threads, a park
//! may also return without the condition that it waits for: look again in a loop.

use super::{WaitReason, enter, leave, park_published, ready_published};
use crate::sched::{G, GRef};
use std::panic::Location;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

const NONE: u32 = 0;
const PARKED: u32 = 2;
const PERMIT: u32 = 3;

/// A handle on a goroutine, for [`ready`]. It may outlive the goroutine, and then
/// readies nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Goroutine {
    g: *const G,
    id: u64,
}

// SAFETY: Gs live for ever and are Sync.
unsafe impl Send for Goroutine {}
// SAFETY: as above.
unsafe impl Sync for Goroutine {}

impl Goroutine {
    /// Its number, counted from 1 in its runtime.
    pub fn id(&self) -> u64 {
        self.id
    }

    fn g(&self) -> GRef {
        // SAFETY: made from a `&'static G`.
        unsafe { &*self.g }
    }
}

impl std::fmt::Debug for Goroutine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Goroutine({})", self.id)
    }
}

/// The goroutine this code runs in (or the thread, outside of any runtime).
///
/// ```
/// use marmota::kernel;
/// let me = kernel::current();
/// kernel::ready(me);
/// kernel::park(kernel::WaitReason::Parked); // returns at once: the permit is there
/// ```
pub fn current() -> Goroutine {
    let m = super::enter_quietly();
    let g = m.g();
    let id = g.id.load(Relaxed);
    leave(m);
    Goroutine { g, id }
}

/// Waits until [`ready`] gives this goroutine its permit, and takes it. `reason`
/// is what a dump or a deadlock report shows.
///
/// May return early, as `std::thread::park` may: look at your condition again.
///
/// ```
/// use marmota::kernel::{self, WaitReason};
/// use std::sync::{Arc, atomic::{AtomicBool, Ordering}};
///
/// #[marmota::main]
/// fn main() {
///     let (flag, waiter) = (Arc::new(AtomicBool::new(false)), kernel::current());
///     let seen = flag.clone();
///     marmota::go(move || {
///         seen.store(true, Ordering::Release);
///         kernel::ready(waiter);
///     });
///     while !flag.load(Ordering::Acquire) {
///         kernel::park(WaitReason::Parked);
///     }
/// }
/// ```
#[track_caller]
pub fn park(reason: WaitReason) {
    let at = Location::caller();
    let m = enter();
    let g = m.g();
    g.about_to_wait(reason, at);
    // AcqRel: takes the permit with what was written before it was given, or
    // publishes that we wait.
    match g.permit.compare_exchange(NONE, PARKED, AcqRel, Acquire) {
        Ok(_) => {
            let m = park_published(m);
            g.permit_clock.acquire(m);
            leave(m);
        }
        Err(_) => {
            g.permit.store(NONE, Relaxed);
            g.set_status(crate::sched::Status::Running);
            g.permit_clock.acquire(m);
            leave(m);
        }
    }
}

/// Gives `goroutine` its permit, and makes it runnable if it waits in [`park`].
/// Nothing happens if it has ended, or has its permit already.
pub fn ready(goroutine: Goroutine) {
    let m = enter();
    let g = goroutine.g();
    if g.id.load(Relaxed) != goroutine.id {
        leave(m);
        return;
    }
    g.permit_clock.release(m);
    // AcqRel: what we wrote before is seen by whoever takes the permit.
    let before = g
        .permit
        .fetch_update(AcqRel, Acquire, |permit| match permit {
            NONE => Some(PERMIT),
            PARKED => Some(NONE),
            _ => None,
        });
    if before == Ok(PARKED) {
        ready_published(m, g);
    }
    leave(m);
}

/// Lets other goroutines run: this one goes to the end of the line.
pub fn yield_now() {
    let m = enter();
    leave(super::yield_inside(m));
}

/// The time on the driver's clock: the monotonic clock's, or virtual time in a
/// deterministic run. Only differences have a meaning.
pub fn now() -> std::time::Duration {
    let m = super::enter_quietly();
    let now = super::now_ns(m);
    leave(m);
    std::time::Duration::from_nanos(now)
}

/// A number below `n`, for a decision that your primitive leaves open. In a
/// deterministic run the explorer decides, and tries them all in time.
///
/// # Panics
/// When `n` is 0.
pub fn choose(n: usize) -> usize {
    assert!(
        n > 0,
        "kernel::choose: nothing to choose from; n must be at least 1"
    );
    let m = super::enter_quietly();
    let chosen = super::choose_inside(m, n);
    leave(m);
    chosen
}
