//! Exercise 1: start a job and go on.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    marmota::go(job);
}
