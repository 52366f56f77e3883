//! Verdict: livelock. Wait is a loop that asks for the count: nobody parks, everybody runs.

use std::sync::Arc;

use marmota::sync::Mutex;

/// Waits until a number of things have ended. A clone is the same group.
#[derive(Clone)]
pub struct WaitGroup {
    state: Arc<Mutex<State>>,
}

struct State {
    count: isize,
}

impl WaitGroup {
    /// A group that counts zero.
    #[must_use]
    pub fn new() -> Self {
        let state = State { count: 0 };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Adds `delta` to the count. At zero, wakes everybody who waits.
    ///
    /// # Panics
    ///
    /// `negative WaitGroup counter`, when the count falls below zero.
    pub fn add(&self, delta: isize) {
        let mut state = self.state.lock();
        let count = state.count + delta;
        assert!(count >= 0, "negative WaitGroup counter");
        state.count = count;
    }

    /// One less: `add(-1)`.
    pub fn done(&self) {
        self.add(-1);
    }

    /// Parks until the count is zero; returns at once if it is.
    #[track_caller]
    pub fn wait(&self) {
        while self.state.lock().count > 0 {
            marmota::runtime::gosched();
        }
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}
