//! Verdict: livelock. It waits by the clock: a look, a nap, a look, and an hour has
//! many naps.

use std::time::Duration;

use marmota::sync::Mutex;
use marmota::time;

/// A gate that many readers pass together, or one writer alone.
pub struct RwGate {
    state: Mutex<State>,
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
        }
    }

    /// Waits until no writer is inside and none waits, and goes in as a reader.
    #[track_caller]
    pub fn read(&self) -> Reading<'_> {
        let mut state = self.state.lock();
        while state.writer || state.writers_wait > 0 {
            drop(state);
            time::sleep(Duration::from_millis(1));
            state = self.state.lock();
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
            drop(state);
            time::sleep(Duration::from_millis(1));
            state = self.state.lock();
        }
        state.writers_wait -= 1;
        state.writer = true;
        Writing(self)
    }

    fn reader_leaves(&self) {
        let mut state = self.state.lock();
        state.readers -= 1;
    }

    fn writer_leaves(&self) {
        self.state.lock().writer = false;
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
