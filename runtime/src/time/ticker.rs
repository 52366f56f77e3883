//! `Ticker`: the time, again and again.

use super::{Instant, nanos, timer};
use crate::chan::{Chan, Receiver};
use std::time::Duration;

/// A channel that receives the time at an interval (Go's `time.Ticker`). A handle:
/// its clones are the same ticker.
///
/// A receiver that is slow misses ticks: at most one waits for it. As with a
/// [`Timer`](super::Timer), the channel looks unbuffered, and after
/// [`stop`](Ticker::stop) or [`reset`](Ticker::reset) no tick from before can be
/// received. A ticker need not be stopped to be freed.
///
/// ```
/// use marmota::time::Ticker;
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let ticker = Ticker::new(Duration::from_millis(1));
///     for n in 1..=3 {
///         ticker.channel().recv();
///         println!("tick {n}");
///     }
///     ticker.stop();
/// }
/// ```
#[derive(Clone)]
pub struct Ticker {
    chan: Chan<Instant>,
}

impl Ticker {
    /// A ticker whose first tick comes after `d`.
    ///
    /// # Panics
    /// `non-positive interval for NewTicker` when `d` is zero; on a thread that
    /// runs no goroutine.
    #[track_caller]
    pub fn new(d: Duration) -> Ticker {
        assert!(!d.is_zero(), "non-positive interval for NewTicker");
        Ticker {
            chan: timer::channel(nanos(d), nanos(d)),
        }
    }

    /// The channel. It is never closed, also by `stop`, so that a loop over it does
    /// not take the end of the ticks for a tick.
    pub fn channel(&self) -> Receiver<Instant> {
        self.chan.receiver()
    }

    /// No more ticks.
    pub fn stop(&self) {
        if let Some(core) = self.chan.core() {
            core.stop_timer();
        }
    }

    /// Starts over: the next tick comes after `d`, and then one every `d`.
    ///
    /// # Panics
    /// `non-positive interval for Ticker.Reset` when `d` is zero.
    #[track_caller]
    pub fn reset(&self, d: Duration) {
        assert!(!d.is_zero(), "non-positive interval for Ticker.Reset");
        if let Some(core) = self.chan.core() {
            core.reset_timer(nanos(d), nanos(d));
        }
    }
}

impl std::fmt::Debug for Ticker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ticker")
    }
}
