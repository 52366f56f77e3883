//! Verdict: deadlock. A goroutine is started and then waited for at once, which is
//! a call with a detour.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    marmota::spawn(job).join().expect("the job panicked");
}
