//! Verdict: wrong result. The job is dropped: something is started, but not it.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    marmota::go(move || drop(job));
}
