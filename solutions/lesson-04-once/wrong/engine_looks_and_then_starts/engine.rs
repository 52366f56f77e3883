//! Verdict: wrong result. It looks at a flag and sets it after the start: who looks
//! meanwhile starts a second time.

use std::sync::atomic::{AtomicBool, Ordering};

/// Something that must be started before it can work.
pub struct Engine {
    start: Box<dyn Fn() + Send + Sync>,
    started: AtomicBool,
}

impl Engine {
    /// An engine that stands still. `start` is what starts it.
    #[must_use]
    pub fn new(start: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            start: Box::new(start),
            started: AtomicBool::new(false),
        }
    }

    /// Does `job`, after the engine was started.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        if !self.started.load(Ordering::SeqCst) {
            (self.start)();
            self.started.store(true, Ordering::SeqCst);
        }
        job()
    }
}
