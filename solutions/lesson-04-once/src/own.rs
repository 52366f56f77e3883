//! Exercise 5: the Once.
//!
//! A flag that is set *after* the function, and a lock that is held while it runs.
//! Whoever finds the flag set goes on without any lock. Whoever does not takes the
//! lock, and so waits for the one who runs the function, and looks again. A guard
//! sets the flag, so that a panic sets it too.
//!
//! From within the function, the same `Once` waits for ever: the call has to return
//! after the function, and the function does not return before the call.

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
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if self.is_completed() {
            return;
        }
        let _running = self.running.lock();
        if !self.is_completed() {
            let _done = SetAtTheEnd(&self.done);
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
