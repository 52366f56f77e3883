//! Verdict: deadlock. The flag is inside the lock that is held while the function
//! runs: who only wants to know waits for it.

use marmota::sync::Mutex;

/// Runs one function, one time.
pub struct Once {
    done: Mutex<bool>,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: Mutex::new(false),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    pub fn call_once(&self, f: impl FnOnce()) {
        let mut done = self.done.lock();
        if !*done {
            *done = true;
            f();
        }
    }

    /// Whether the first call's function has returned or panicked.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        *self.done.lock()
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
