//! Verdict: deadlock. When the function is over one of those who wait is woken, and
//! it wakes no other.

use marmota::sync::{Cond, Mutex};

#[derive(PartialEq)]
enum State {
    New,
    Running,
    Done,
}

/// Runs one function, one time.
pub struct Once {
    state: Mutex<State>,
    over: Cond,
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::New),
            over: Cond::new(),
        }
    }

    /// Runs `f`, if this is the first call; else waits until the first has run.
    pub fn call_once(&self, f: impl FnOnce()) {
        let mut state = self.state.lock();
        while *state == State::Running {
            self.over.wait(&mut state);
        }
        if *state == State::Done {
            return;
        }
        *state = State::Running;
        drop(state);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
        *self.state.lock() = State::Done;
        self.over.signal();
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    }

    /// Whether the first call's function has returned or panicked.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        *self.state.lock() == State::Done
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
