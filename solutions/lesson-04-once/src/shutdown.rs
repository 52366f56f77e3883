//! Exercise 3: close it once.
//!
//! Writing the reason and closing are one step for all who stop, so a `Once` holds
//! both; and the reason comes first, so whoever sees the channel closed finds it.

use marmota::sync::{Mutex, Once};
use marmota::{Receiver, Sender};

/// Tells many goroutines to stop.
pub struct Shutdown {
    close: Sender<()>,
    closed: Receiver<()>,
    once: Once,
    reason: Mutex<String>,
}

impl Shutdown {
    /// Nothing stops yet.
    #[must_use]
    pub fn new() -> Self {
        let (close, closed) = marmota::chan(0);
        Self {
            close,
            closed,
            once: Once::new(),
            reason: Mutex::new(String::new()),
        }
    }

    /// Stops everything, for `reason`, if nobody did before.
    pub fn stop(&self, reason: &str) -> bool {
        let mut first = false;
        self.once.call_once(|| {
            first = true;
            reason.clone_into(&mut self.reason.lock());
            self.close.close();
        });
        first
    }

    /// A channel that is closed by the first [`Shutdown::stop`].
    #[must_use]
    pub fn stopped(&self) -> Receiver<()> {
        self.closed.clone()
    }

    /// Waits until somebody stops everything, and gives the reason.
    pub fn wait(&self) -> String {
        let _closed = self.closed.recv();
        self.reason.lock().clone()
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}
