//! Verdict: wrong result. It sleeps for as long as the work may take and looks then:
//! whoever is quick waits all the same.

use std::time::Duration;

use marmota::time;

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = marmota::chan(1);
    marmota::go(move || done.send(work()));
    time::sleep(limit);
    result.try_recv().ok()
}
