//! Verdict: wrong result. A second close goes unnoticed: two senders who both think
//! that they are the last.

use std::collections::VecDeque;
use std::sync::Arc;

use marmota::sync::{Cond, Mutex};

/// Hands values from those who send to those who receive, in order. A clone is the
/// same queue.
pub struct Queue<T> {
    shared: Arc<Shared<T>>,
}

/// What all clones of a queue share.
struct Shared<T> {
    state: Mutex<State<T>>,
    /// Senders wait here: signalled when a value was taken.
    room: Cond,
    /// Receivers wait here: signalled when a value was put.
    value: Cond,
    capacity: usize,
}

struct State<T> {
    values: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    /// An open, empty queue that holds `capacity` values, one or more.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let state = State {
            values: VecDeque::with_capacity(capacity),
            closed: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                room: Cond::new(),
                value: Cond::new(),
                capacity,
            }),
        }
    }

    /// Puts `value` at the end. Waits while the queue is full.
    ///
    /// # Panics
    ///
    /// `send on closed queue`, also if it is closed while the send waits.
    #[track_caller]
    pub fn send(&self, value: T) {
        let mut state = self.shared.state.lock();
        while state.values.len() == self.shared.capacity && !state.closed {
            self.shared.room.wait(&mut state);
        }
        assert!(!state.closed, "send on closed queue");
        state.values.push_back(value);
        self.shared.value.signal();
    }

    /// Takes the first value. Waits while the queue is empty and open; `None` when it
    /// is empty and closed.
    #[must_use]
    #[track_caller]
    pub fn recv(&self) -> Option<T> {
        let mut state = self.shared.state.lock();
        while state.values.is_empty() && !state.closed {
            self.shared.value.wait(&mut state);
        }
        let value = state.values.pop_front()?;
        self.shared.room.signal();
        Some(value)
    }

    /// Says that no more values will come.
    ///
    /// # Panics
    ///
    /// `close of closed queue`, the second time.
    #[track_caller]
    pub fn close(&self) {
        let mut state = self.shared.state.lock();
        state.closed = true;
        self.shared.value.broadcast();
        self.shared.room.broadcast();
    }

    /// How many values it holds at this moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.state.lock().values.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}
