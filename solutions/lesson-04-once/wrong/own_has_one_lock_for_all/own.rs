//! Verdict: deadlock. All Onces of the program wait on one lock, and one whose
//! function calls another waits for itself.

use std::sync::atomic::{AtomicBool, Ordering};

use marmota::sync::Mutex;

static RUNNING: Mutex<()> = Mutex::new(());

/// Runs one function, one time.
pub struct Once {
    done: AtomicBool,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    pub fn call_once(&self, f: impl FnOnce()) {
        if self.is_completed() {
            return;
        }
        let _running = RUNNING.lock();
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
