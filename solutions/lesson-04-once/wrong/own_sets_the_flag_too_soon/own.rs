//! Verdict: wrong result. There is a lock, and beside it a flag that is set before
//! the function runs: whoever sees the flag goes on.

use std::sync::atomic::{AtomicBool, Ordering};

use marmota::sync::Mutex;

/// Runs one function, one time.
pub struct Once {
    done: AtomicBool,
    running: Mutex<()>,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
            running: Mutex::new(()),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    pub fn call_once(&self, f: impl FnOnce()) {
        if self.is_completed() {
            return;
        }
        let _running = self.running.lock();
        if !self.is_completed() {
            self.done.store(true, Ordering::Release);
            f();
        }
    }

    /// Whether the first call's function has returned or panicked.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        // Acquire: pairs with the release below; what the function did is seen.
        self.done.load(Ordering::Acquire)
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
