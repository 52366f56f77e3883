//! Exercise 1: start at the first use.
//!
//! The start is inside `call_once`, the job is not: those who come during the start
//! wait for it, and nobody waits for a job.

use marmota::sync::Once;

/// Something that must be started before it can work.
pub struct Engine {
    start: Box<dyn Fn() + Send + Sync>,
    started: Once,
}

impl Engine {
    /// An engine that stands still. `start` is what starts it.
    #[must_use]
    pub fn new(start: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            start: Box::new(start),
            started: Once::new(),
        }
    }

    /// Does `job`, after the engine was started.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        self.started.call_once(|| (self.start)());
        job()
    }
}
