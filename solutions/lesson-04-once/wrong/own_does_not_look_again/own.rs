//! Verdict: wrong result. Who waited for the lock runs its function as well: it
//! looked before it waited, and not after.

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
        let _done = SetAtTheEnd(&self.done);
        f();
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
