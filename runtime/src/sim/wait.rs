//! Waiting until everybody else is blocked.

use super::driver;
use crate::kernel::{self, WaitReason};
use crate::sched::MRef;
use crate::sched::m::Kind;
use std::panic::Location;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// Waits until no other goroutine can go on by itself (Go's `synctest.Wait`).
///
/// In a deterministic run that is when all others are blocked; those that sleep count
/// as blocked, and what they had to do at this moment of virtual time is then done.
///
/// In a parallel program time passes by itself, so it waits until all others are
/// blocked *for good*: none runs, none could, no timer is armed, none waits for the
/// network, and no thread is left that could wake one. That is where the program would
/// end with `all goroutines are asleep - deadlock!`, if it were not for the caller,
/// which can now act, or look at [`debug::leak_report`](crate::debug::leak_report).
///
/// ```
/// use marmota::{go, sim, sync::Mutex, time};
/// use std::sync::Arc;
/// use std::time::Duration;
/// let report = sim::explore(|| {
///     let count = Arc::new(Mutex::new(0));
///     let theirs = count.clone();
///     go(move || {
///         *theirs.lock() += 1;
///         time::sleep(Duration::from_secs(5));
///         *theirs.lock() += 1;
///     });
///     sim::wait();
///     assert_eq!(*count.lock(), 1);
///     time::sleep(Duration::from_secs(5));
///     sim::wait();
///     assert_eq!(*count.lock(), 2);
/// });
/// assert!(report.passed(), "{report}");
/// ```
///
/// # Panics
/// When another goroutine waits like this already, and on a thread that runs no
/// goroutine.
#[track_caller]
pub fn wait() {
    let at = Location::caller();
    let m = kernel::enter();
    let waited = match m.kind.get() {
        Kind::Sim => driver::wait_for_others(m, at),
        Kind::Parallel => wait_in_parallel(m, at),
        Kind::Thread => {
            kernel::leave(m);
            panic!(
                "marmota: sim::wait was called on a thread that runs no goroutine; call it inside sim::run, sim::explore or a runtime"
            );
        }
    };
    match waited {
        Some(m) => kernel::leave(m),
        None => {
            kernel::leave(m);
            panic!("marmota: two goroutines are in sim::wait; only one may wait for all others");
        }
    }
}

/// Sysmon readies whoever waits where it would report a deadlock.
fn wait_in_parallel(m: MRef, at: &'static Location<'static>) -> Option<MRef> {
    let g = m.g();
    let slot = &m.rt().waits_for_others;
    g.about_to_wait(WaitReason::Parked, at);
    let (nobody, me) = (std::ptr::null_mut(), std::ptr::from_ref(g).cast_mut());
    // SeqCst: sysmon looks after the last thread fell asleep, which is after this.
    if slot.compare_exchange(nobody, me, SeqCst, Relaxed).is_err() {
        g.set_status(crate::sched::Status::Running);
        return None;
    }
    Some(kernel::park_published(m))
}
