//! Exercise 3: close it once.
//!
//! A channel that is closed tells everybody who receives from it, now and later: so a
//! program often stops its goroutines by closing one. But to close a channel twice is
//! a panic, and there may be many reasons to stop: the user, an error, a timeout. All
//! of them may come at the same moment.

use marmota::Receiver;

/// Tells many goroutines to stop.
///
/// Graded: see the methods; that nobody ever waits in `stop` for those it tells.
pub struct Shutdown {
    // Your state: the channel, and why it was closed.
}

impl Shutdown {
    /// Nothing stops yet.
    #[must_use]
    pub fn new() -> Self {
        todo!("a channel on which nothing is ever sent")
    }

    /// Stops everything, for `reason`. Returns whether this was the first call: only
    /// that one's reason counts, and all others do nothing.
    pub fn stop(&self, reason: &str) -> bool {
        let _ = reason;
        todo!("say why and close, once")
    }

    /// A channel that is closed by the first [`Shutdown::stop`]: for a `select!` in a
    /// worker. Nothing is ever sent on it.
    #[must_use]
    pub fn stopped(&self) -> Receiver<()> {
        todo!("a receiver of the channel")
    }

    /// Waits, parked, until somebody stops everything, and gives the reason. If that
    /// was before, it returns at once. Many may wait.
    pub fn wait(&self) -> String {
        todo!("whoever sees the channel closed finds the reason there")
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
