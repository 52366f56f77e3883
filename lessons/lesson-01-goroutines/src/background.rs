//! Exercise 1: start a job and go on.
//!
//! A call waits until the function returns. A goroutine does not: it is handed to
//! the runtime, and the caller goes on at once.
//!
//! What you need: [`marmota::go`].

/// Starts `job` on a goroutine of its own and returns without waiting for it.
///
/// Graded: the job runs, exactly once; `in_background` returns even if the job
/// still has to wait for something its caller does later; nothing is left behind
/// when the job has ended.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    let _ = job;
    todo!("start the job and return")
}
