//! `Timer`: one event in the future.

use super::alarm::Alarm;
use super::{Instant, nanos};
use crate::chan::timed::ChanTimer;
use crate::chan::{Chan, Receiver};
use crate::kernel;
use crate::sched::m::Kind;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// One event in the future: a channel that receives the time (Go's `time.Timer`),
/// or a function that starts ([`after_func`]). A handle: its clones are the same
/// timer.
///
/// The rules are those of Go 1.23 and later. The channel looks unbuffered (`len`
/// and `capacity` are 0). After [`stop`](Timer::stop) or [`reset`](Timer::reset)
/// no value from before can be received, so there is nothing to drain. A timer on
/// whose channel nobody waits costs nothing, and keeps no deadlock from being
/// reported.
///
/// ```
/// use marmota::{chan, select, time::Timer};
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let (_tx, answers) = chan::<i32>(0);
///     let timer = Timer::new(Duration::from_millis(1));
///     select! {
///         _answer = <-answers => unreachable!("nobody sends"),
///         <-timer.channel() => println!("timed out"),
///     }
///     assert!(!timer.stop(), "it had fired");
/// }
/// ```
#[derive(Clone)]
pub struct Timer {
    what: What,
}

#[derive(Clone)]
enum What {
    Channel(Chan<Instant>),
    Function(Arc<Alarm>),
}

/// A timer's channel, `delay` from now and then every `period` (0: never again).
#[track_caller]
pub(super) fn channel(delay: u64, period: u64) -> Chan<Instant> {
    let m = kernel::enter();
    let when = kernel::now_ns(m).saturating_add(delay).min(u64::MAX - 1);
    let known = m.kind.get() != Kind::Thread;
    let timer = ChanTimer::new(m, when, period, Instant::at);
    kernel::leave(m);
    if !known {
        kernel::no_timers_here();
    }
    Chan::of_timer(timer)
}

impl Timer {
    /// A timer whose channel receives the time once, `d` from now.
    ///
    /// # Panics
    /// On a thread that runs no goroutine.
    #[track_caller]
    pub fn new(d: Duration) -> Timer {
        Timer {
            what: What::Channel(channel(nanos(d), 0)),
        }
    }

    /// The channel; a nil one for the timer of a function.
    pub fn channel(&self) -> Receiver<Instant> {
        match &self.what {
            What::Channel(chan) => chan.receiver(),
            What::Function(_) => Chan::nil().into(),
        }
    }

    /// Stops the timer. `true` if that prevented something: a value from being
    /// received, the function from starting. It does not wait for a function that
    /// has started.
    pub fn stop(&self) -> bool {
        match &self.what {
            What::Channel(chan) => chan.core().is_some_and(|core| core.stop_timer()),
            What::Function(alarm) => alarm.stop(),
        }
    }

    /// Sets the timer for `d` from now, whether it was stopped, has fired, or is
    /// still to fire; a function will then run (again). `true` if it was still to
    /// fire.
    pub fn reset(&self, d: Duration) -> bool {
        match &self.what {
            What::Channel(chan) => chan
                .core()
                .is_some_and(|core| core.reset_timer(nanos(d), 0)),
            What::Function(alarm) => Alarm::reset(alarm, nanos(d)),
        }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.what {
            What::Channel(_) => "Timer(channel)",
            What::Function(_) => "Timer(function)",
        })
    }
}

/// Starts `f` in a goroutine of its own, `d` from now (Go's `time.AfterFunc`). The
/// timer that it gives can stop it, or reset it to run at another time or once
/// more; that is why `f` is not an `FnOnce`. Dropping the timer changes nothing.
///
/// ```
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = marmota::chan(0);
///     let never = marmota::time::after_func(Duration::from_secs(60), || unreachable!());
///     marmota::time::after_func(Duration::from_millis(1), move || tx.send("later"));
///     assert_eq!(rx.recv(), Some("later"));
///     assert!(never.stop());
/// }
/// ```
///
/// # Panics
/// On a thread that runs no goroutine.
#[track_caller]
pub fn after_func<F: Fn() + Send + Sync + 'static>(d: Duration, f: F) -> Timer {
    let at = Location::caller();
    let m = kernel::enter_quietly();
    let (known, rt) = (m.kind.get() != Kind::Thread, m.rt.get());
    kernel::leave(m);
    if !known {
        kernel::no_timers_here();
    }
    let alarm = Alarm::new(f, rt, at);
    Alarm::reset(&alarm, nanos(d));
    Timer {
        what: What::Function(alarm),
    }
}
