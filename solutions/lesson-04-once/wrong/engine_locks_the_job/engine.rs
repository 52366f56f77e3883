//! Verdict: deadlock. The lock that guards the start is held during the job: one job
//! at a time.

use marmota::sync::Mutex;

/// Something that must be started before it can work.
pub struct Engine {
    start: Box<dyn Fn() + Send + Sync>,
    started: Mutex<bool>,
}

impl Engine {
    /// An engine that stands still. `start` is what starts it.
    #[must_use]
    pub fn new(start: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            start: Box::new(start),
            started: Mutex::new(false),
        }
    }

    /// Does `job`, after the engine was started.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        let mut started = self.started.lock();
        if !*started {
            (self.start)();
            *started = true;
        }
        job()
    }
}
