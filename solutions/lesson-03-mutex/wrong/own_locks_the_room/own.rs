//! Verdict: deadlock. The lock of the numbers is held while somebody is inside:
//! readers shut each other out.

use marmota::sync::{Mutex, MutexGuard};

/// A gate that many readers pass together, or one writer alone.
pub struct RwGate {
    room: Mutex<()>,
}

impl RwGate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new() -> Self {
        Self {
            room: Mutex::new(()),
        }
    }

    /// Waits until no writer is inside and none waits, and goes in as a reader.
    pub fn read(&self) -> Reading<'_> {
        Reading(self.room.lock())
    }

    /// Waits until nobody is inside, and goes in as the writer.
    pub fn write(&self) -> Writing<'_> {
        Writing(self.room.lock())
    }
}

impl Default for RwGate {
    fn default() -> Self {
        Self::new()
    }
}

/// A reader is inside for as long as this lives.
#[must_use = "the reader leaves when this is dropped"]
#[allow(dead_code)]
pub struct Reading<'a>(MutexGuard<'a, ()>);

/// The writer is inside for as long as this lives.
#[must_use = "the writer leaves when this is dropped"]
#[allow(dead_code)]
pub struct Writing<'a>(MutexGuard<'a, ()>);
