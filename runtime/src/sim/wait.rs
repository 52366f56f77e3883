//! Waiting until everybody else is blocked.

use super::driver;
use crate::kernel;
use crate::sched::m::Kind;
use std::panic::Location;

/// Waits until all other goroutines of this run are blocked: those that sleep
/// count (Go's `synctest.Wait`). What they had to do at this moment of virtual time
/// is then done.
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
/// When another goroutine waits like this already, and outside of deterministic
/// runs.
#[track_caller]
pub fn wait() {
    let at = Location::caller();
    let m = kernel::enter();
    if m.kind.get() != Kind::Sim {
        kernel::leave(m);
        panic!(
            "marmota: sim::wait was called outside of a deterministic run; call it inside sim::run or sim::explore"
        );
    }
    match driver::wait_for_others(m, at) {
        Some(m) => kernel::leave(m),
        None => {
            kernel::leave(m);
            panic!("marmota: two goroutines are in sim::wait; only one may wait for all others");
        }
    }
}
