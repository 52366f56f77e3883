//! Time: sleeping, timers, tickers, functions that run later.
//!
//! All of it goes by the driver's clock: the monotonic one, or virtual time in a
//! deterministic run, where a sleep costs nothing.
//!
//! ```text
//!   mod.rs     moments, sleep, after
//!   timer.rs   Timer: a channel that receives once, or a function that runs once
//!   ticker.rs  Ticker: a channel that receives again and again
//!   alarm.rs   what stands behind a function that runs later
//! ```
//!
//! The channels of timers are in `chan/timed.rs`.

mod alarm;
mod ticker;
mod timer;

pub use ticker::Ticker;
pub use timer::{Timer, after_func};

use crate::chan::Receiver;
use crate::kernel;
use std::panic::Location;
use std::time::Duration;

/// A moment on the runtime's clock (Go's `time.Time` as far as it measures).
///
/// In a deterministic run, virtual time begins at 2000-01-01 00:00 UTC and moves
/// only when nothing can run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant {
    ns: u64,
}

impl Instant {
    /// On the driver's clock.
    pub(crate) fn nanos(self) -> u64 {
        self.ns
    }

    /// The time from `earlier` to this one; zero if it is later.
    pub fn duration_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.ns.saturating_sub(earlier.ns))
    }

    /// The time that has passed since.
    pub fn elapsed(self) -> Duration {
        now().duration_since(self)
    }
}

impl std::ops::Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl std::ops::Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, d: Duration) -> Instant {
        Instant {
            ns: self.ns.saturating_add(nanos(d)),
        }
    }
}

impl Instant {
    fn at(ns: u64) -> Instant {
        Instant { ns }
    }
}

fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

/// The moment now (Go's `time.Now`).
pub fn now() -> Instant {
    let m = kernel::enter_quietly();
    let ns = kernel::now_ns(m);
    kernel::leave(m);
    Instant { ns }
}

/// Parks the current goroutine for at least `d` (Go's `time.Sleep`). Zero returns
/// at once.
///
/// ```
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let before = marmota::time::now();
///     marmota::time::sleep(Duration::from_millis(2));
///     assert!(before.elapsed() >= Duration::from_millis(2));
/// }
/// ```
#[track_caller]
pub fn sleep(d: Duration) {
    let at = Location::caller();
    let m = kernel::enter();
    if d.is_zero() {
        kernel::leave(m);
        return;
    }
    // Never `u64::MAX`, which means "no timer": that is 584 years from boot.
    let when = kernel::now_ns(m).saturating_add(nanos(d)).min(u64::MAX - 1);
    kernel::leave(kernel::sleep_until(m, when, at));
}

/// A channel that receives the time once, `d` from now (Go's `time.After`): the
/// channel of a [`Timer`].
///
/// Once nobody holds the receiver, nothing is left of the timer: a timeout that a
/// loop makes anew in each turn gathers no garbage.
///
/// ```
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let timeout = marmota::time::after(Duration::from_millis(1));
///     assert!(timeout.recv().is_some());
/// }
/// ```
///
/// # Panics
/// On a thread that runs no goroutine.
#[track_caller]
pub fn after(d: Duration) -> Receiver<Instant> {
    Timer::new(d).channel()
}
