//! Verdict: deadlock. A drop sets the flag, also in a panic; those who wait are woken
//! by a line that a panic jumps over.

use std::sync::atomic::{AtomicBool, Ordering};

use marmota::sync::{Cond, Mutex};

/// Runs one function, one time.
pub struct Once {
    done: AtomicBool,
    begun: Mutex<bool>,
    over: Cond,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
            begun: Mutex::new(false),
            over: Cond::new(),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        if self.is_completed() {
            return;
        }
        let mut begun = self.begun.lock();
        if *begun {
            while !self.is_completed() {
                self.over.wait(&mut begun);
            }
            return;
        }
        *begun = true;
        drop(begun);
        {
            let _done = SetAtTheEnd(&self.done);
            f();
        }
        let _begun = self.begun.lock();
        self.over.broadcast();
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
