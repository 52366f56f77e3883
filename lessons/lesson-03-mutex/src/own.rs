//! Exercise 5: the policy of an RWMutex.
//!
//! What you need: a [`marmota::sync::Mutex`] around the state, and a
//! [`marmota::sync::Cond`] to park on. `cond.wait(&mut guard)` gives the lock back,
//! parks, and has the lock again when it returns; `signal` wakes one who waits,
//! `broadcast` all. Others may run between the wake-up and the lock. Not allowed:
//! `marmota::sync::RwMutex`.

/// A gate that many readers pass together, or one writer alone. It guards no value of
/// its own (that takes `unsafe` code); it says who may go in, and when.
///
/// Graded: see the methods; that whoever waits is woken when it can go in, and keeps
/// nobody busy meanwhile; that the gate can be used again and again.
pub struct RwGate {
    // Your state: who is inside, who waits, and what they park on.
}

impl RwGate {
    /// A gate with nobody inside.
    #[must_use]
    pub fn new() -> Self {
        todo!("nobody inside, nobody waits")
    }

    /// Waits until no writer is inside and none waits, and goes in as a reader. (If
    /// readers could still go in while a writer waits, the writer might wait for
    /// ever: there is always another reader.)
    pub fn read(&self) -> Reading<'_> {
        todo!("in as a reader, or park")
    }

    /// Waits until nobody is inside, and goes in as the writer.
    pub fn write(&self) -> Writing<'_> {
        todo!("in as the writer, or park: and new readers know that you wait")
    }

    fn reader_leaves(&self) {
        todo!("one reader less: whose turn is it?")
    }

    fn writer_leaves(&self) {
        todo!("no writer any more: whose turn is it?")
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
