//! Exercise 1: start at the first use.
//!
//! An engine takes long to start, and nobody knows who will need it first, or whether
//! anybody will. [`marmota::sync::Once`] is made for this: `call_once(f)` runs the
//! first function that it is given and no other, and returns when that one has.

/// Something that must be started before it can work.
///
/// Graded: see the methods; one start, whatever the order in which goroutines come.
pub struct Engine {
    // Your state: how to start, and whether that was done.
}

impl Engine {
    /// An engine that stands still. `start` is what starts it.
    #[must_use]
    pub fn new(start: impl Fn() + Send + Sync + 'static) -> Self {
        let _ = start;
        todo!("keep it for later")
    }

    /// Does `job` and returns what it returns. The engine is started before the first
    /// job, and never again; no job begins before the start is over. Jobs run side by
    /// side.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        let _ = job;
        todo!("once, and then the job")
    }
}
