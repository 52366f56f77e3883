//! Verdict: livelock. Who is not the first naps until the function is over: an hour is
//! millions of naps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use marmota::time;

/// Runs one function, one time.
pub struct Once {
    done: AtomicBool,
    begun: AtomicBool,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
            begun: AtomicBool::new(false),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if !self.begun.swap(true, Ordering::SeqCst) {
            let _done = SetAtTheEnd(&self.done);
            f();
            return;
        }
        while !self.is_completed() {
            time::sleep(Duration::from_millis(1));
        }
    }

    /// Whether the first call's function has returned or panicked.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        // Acquire: pairs with the release below; what the function did is seen.
        self.done.load(Ordering::Acquire)
    }
}

/// Sets the flag when it is dropped: also when the function unwinds.
struct SetAtTheEnd<'a>(&'a AtomicBool);

impl Drop for SetAtTheEnd<'_> {
    fn drop(&mut self) {
        // Release: see `is_completed`.
        self.0.store(true, Ordering::Release);
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
