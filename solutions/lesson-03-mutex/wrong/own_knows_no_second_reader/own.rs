//! Verdict: wrong result. Whether there are readers is a yes or a no: the first who
//! leaves says no, and a writer comes in beside the second.

use marmota::sync::{Cond, Mutex};

/// A gate that many readers pass together, or one writer alone.
pub struct RwGate {
    state: Mutex<State>,
    changed: Cond,
}

#[derive(Default)]
struct State {
    readers: bool,
    writer: bool,
    writers_wait: usize,
}

impl RwGate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            changed: Cond::new(),
        }
    }

    /// Waits until no writer is inside and none waits, and goes in as a reader.
    #[track_caller]
    pub fn read(&self) -> Reading<'_> {
        let mut state = self.state.lock();
        while state.writer || state.writers_wait > 0 {
            self.changed.wait(&mut state);
        }
        state.readers = true;
        Reading(self)
    }

    /// Waits until nobody is inside, and goes in as the writer.
    #[track_caller]
    pub fn write(&self) -> Writing<'_> {
        let mut state = self.state.lock();
        state.writers_wait += 1;
        while state.writer || state.readers {
            self.changed.wait(&mut state);
        }
        state.writers_wait -= 1;
        state.writer = true;
        Writing(self)
    }

    fn reader_leaves(&self) {
        let mut state = self.state.lock();
        state.readers = false;
        self.changed.broadcast();
    }

    fn writer_leaves(&self) {
        self.state.lock().writer = false;
        self.changed.broadcast();
    }
}

impl Default for RwGate {
    fn default() -> Self {
        Self::new()
    }
}

/// A reader is inside for as long as this lives.
#[must_use = "the reader leaves when this is dropped"]
pub struct Reading<'a>(&'a RwGate);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.reader_leaves();
    }
}

/// The writer is inside for as long as this lives.
#[must_use = "the writer leaves when this is dropped"]
pub struct Writing<'a>(&'a RwGate);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.writer_leaves();
    }
}
