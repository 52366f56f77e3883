//! Verdict: deadlock. The readers who wait are woken one by one, each by the one
//! before, when that leaves: they never are inside together.

use marmota::sync::{Cond, Mutex};

/// A gate that many readers pass together, or one writer alone.
pub struct RwGate {
    state: Mutex<State>,
    for_readers: Cond,
    for_writers: Cond,
}

#[derive(Default)]
struct State {
    readers: usize,
    writer: bool,
    writers_wait: usize,
}

impl RwGate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            for_readers: Cond::new(),
            for_writers: Cond::new(),
        }
    }

    /// Waits until no writer is inside and none waits, and goes in as a reader.
    #[track_caller]
    pub fn read(&self) -> Reading<'_> {
        let mut state = self.state.lock();
        while state.writer || state.writers_wait > 0 {
            self.for_readers.wait(&mut state);
        }
        state.readers += 1;
        Reading(self)
    }

    /// Waits until nobody is inside, and goes in as the writer.
    #[track_caller]
    pub fn write(&self) -> Writing<'_> {
        let mut state = self.state.lock();
        state.writers_wait += 1;
        while state.writer || state.readers > 0 {
            self.for_writers.wait(&mut state);
        }
        state.writers_wait -= 1;
        state.writer = true;
        Writing(self)
    }

    fn reader_leaves(&self) {
        let mut state = self.state.lock();
        state.readers -= 1;
        if state.readers == 0 {
            self.for_writers.signal();
        }
        if state.writers_wait == 0 {
            self.for_readers.signal();
        }
    }

    fn writer_leaves(&self) {
        let mut state = self.state.lock();
        state.writer = false;
        if state.writers_wait > 0 {
            self.for_writers.signal();
        } else {
            self.for_readers.signal();
        }
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
