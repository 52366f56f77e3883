//! Verdict: wrong result. It starts when it is made, whether anybody needs it or not.

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
        start();
        Self {
            start: Box::new(start),
            started: Once::new(),
        }
    }

    /// Does `job`, after the engine was started.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        let _ = (&self.start, &self.started);
        job()
    }
}
