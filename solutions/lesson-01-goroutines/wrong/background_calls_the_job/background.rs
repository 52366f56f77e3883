//! Verdict: deadlock. The job is called, not started: it runs in sequence with its
//! caller, and the caller cannot go on before the job has ended.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    job();
}
