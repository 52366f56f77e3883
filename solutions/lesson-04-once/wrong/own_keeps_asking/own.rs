//! Verdict: livelock. Who is not the first asks again and again whether the first is
//! done.

use std::sync::atomic::{AtomicBool, Ordering};

/// Runs one function, one time.
pub struct Once {
    begun: AtomicBool,
    done: AtomicBool,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            begun: AtomicBool::new(false),
            done: AtomicBool::new(false),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    pub fn call_once(&self, f: impl FnOnce()) {
        if !self.begun.swap(true, Ordering::AcqRel) {
            let _done = SetAtTheEnd(&self.done);
            f();
        }
        while !self.is_completed() {
            marmota::runtime::gosched();
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
