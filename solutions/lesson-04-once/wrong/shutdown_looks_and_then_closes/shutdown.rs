//! Verdict: panicked. It looks whether there is a reason already, and closes later:
//! two look, and both close.

use marmota::sync::Mutex;
use marmota::{Receiver, Sender};

/// Tells many goroutines to stop.
pub struct Shutdown {
    close: Sender<()>,
    closed: Receiver<()>,
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
            reason: Mutex::new(String::new()),
        }
    }

    /// Stops everything, for `reason`, if nobody did before.
    pub fn stop(&self, reason: &str) -> bool {
        if !self.reason.lock().is_empty() {
            return false;
        }
        reason.clone_into(&mut self.reason.lock());
        self.close.close();
        true
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
