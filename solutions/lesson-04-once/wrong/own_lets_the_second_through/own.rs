//! Verdict: wrong result. Who loses the compare-and-swap returns at once, and the
//! function is not over yet.

use std::sync::atomic::{AtomicBool, Ordering};

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
        if !self.done.swap(true, Ordering::AcqRel) {
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
