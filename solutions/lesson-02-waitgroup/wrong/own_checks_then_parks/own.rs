//! Verdict: deadlock. Between the look at the count and the parking the lock is let go: the
//! last done comes in between, finds nobody to wake, and the wake-up is lost.

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
    /// There once somebody waits; gone when the count is zero.
    gate: Option<(Sender<()>, Receiver<()>)>,
}

impl WaitGroup {
    /// A group that counts zero.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            count: 0,
            gate: None,
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
        let gate = if count == 0 { state.gate.take() } else { None };
        drop(state);
        if let Some((gate, _)) = gate {
            gate.close();
        }
    }

    /// One less: `add(-1)`.
    pub fn done(&self) {
        self.add(-1);
    }

    /// Parks until the count is zero; returns at once if it is.
    #[track_caller]
    pub fn wait(&self) {
        if self.state.lock().count == 0 {
            return;
        }
        let mut state = self.state.lock();
        let (_, passage) = state.gate.get_or_insert_with(|| marmota::chan(0));
        let passage = passage.clone();
        drop(state);
        let _closed = passage.recv();
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}
