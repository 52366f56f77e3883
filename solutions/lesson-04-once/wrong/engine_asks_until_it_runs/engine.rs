//! Verdict: livelock. Who is not the first asks again and again whether the engine
//! runs.

use std::sync::atomic::{AtomicBool, Ordering};

/// Something that must be started before it can work.
pub struct Engine {
    start: Box<dyn Fn() + Send + Sync>,
    begun: AtomicBool,
    runs: AtomicBool,
}

impl Engine {
    /// An engine that stands still. `start` is what starts it.
    #[must_use]
    pub fn new(start: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            start: Box::new(start),
            begun: AtomicBool::new(false),
            runs: AtomicBool::new(false),
        }
    }

    /// Does `job`, after the engine was started.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        if !self.begun.swap(true, Ordering::SeqCst) {
            (self.start)();
            self.runs.store(true, Ordering::SeqCst);
        }
        while !self.runs.load(Ordering::SeqCst) {
            marmota::runtime::gosched();
        }
        job()
    }
}
