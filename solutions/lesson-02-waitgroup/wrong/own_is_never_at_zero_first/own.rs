//! Verdict: deadlock. There is a gate from the beginning, and it is closed when the count
//! comes back to zero: who waits before anything was added waits for ever.

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
    gate: (Sender<()>, Receiver<()>),
    closed: bool,
}

impl WaitGroup {
    /// A group that counts zero.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            count: 0,
            gate: marmota::chan(0),
            closed: false,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Adds `delta` to the count. At zero, wakes everybody who waits.
    pub fn add(&self, delta: isize) {
        let mut state = self.state.lock();
        let count = state.count + delta;
        assert!(count >= 0, "negative WaitGroup counter");
        if state.closed && count > 0 {
            state.gate = marmota::chan(0);
            state.closed = false;
        }
        state.count = count;
        if count == 0 && !state.closed {
            state.gate.0.close();
            state.closed = true;
        }
    }

    /// One less: `add(-1)`.
    pub fn done(&self) {
        self.add(-1);
    }

    /// Parks until the count is zero; returns at once if it is.
    pub fn wait(&self) {
        let passage = self.state.lock().gate.1.clone();
        let _closed = passage.recv();
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}
