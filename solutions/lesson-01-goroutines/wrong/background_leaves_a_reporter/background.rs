//! Verdict: leak. The end of the job is reported on a channel that nobody reads, so
//! the goroutine waits there for ever.

/// Starts `job` on a goroutine of its own and returns without waiting for it.
pub fn in_background(job: impl FnOnce() + Send + 'static) {
    let (done, _nobody_reads) = marmota::chan(0);
    marmota::go(move || {
        job();
        done.send(());
    });
}
