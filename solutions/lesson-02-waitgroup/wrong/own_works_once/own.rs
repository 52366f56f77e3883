//! Verdict: wrong result. One gate for the group's whole life: once closed it stays so, and
//! the next round does not wait.

use std::sync::Arc;

use marmota::chan::{Receiver, Sender};
use marmota::sync::Mutex;

/// Waits until a number of things have ended. A clone is the same group.
#[derive(Clone)]
pub struct WaitGroup {
    state: Arc<Mutex<State>>,
}

struct State {
    count: isize,
    open: bool,
    gate: (Sender<()>, Receiver<()>),
}

impl WaitGroup {
    /// A group that counts zero.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            count: 0,
            open: false,
            gate: marmota::chan(0),
        };
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
        if count == 0 && !state.open {
            state.open = true;
            state.gate.0.close();
        }
    }

    /// One less: `add(-1)`.
    pub fn done(&self) {
        self.add(-1);
    }

    /// Parks until the count is zero; returns at once if it is.
    #[track_caller]
    pub fn wait(&self) {
        let state = self.state.lock();
        if state.count == 0 {
            return;
        }
        let passage = state.gate.1.clone();
        drop(state);
        let _closed = passage.recv();
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}
