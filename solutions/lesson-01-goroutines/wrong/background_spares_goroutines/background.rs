//! Verdict: deadlock. It is sparing: while a job runs in the background, the next one is
//! run by the caller, who then waits for it.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    if marmota::runtime::num_goroutine() == 1 {
        marmota::go(job);
    } else {
        job();
    }
}
