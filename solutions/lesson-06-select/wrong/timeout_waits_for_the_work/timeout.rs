//! Verdict: wrong result. It waits for the end of the work and then looks at the clock:
//! the answer is right and comes too late.

use std::time::Duration;

use marmota::time;

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let start = time::now();
    let result = marmota::spawn(work).join().ok();
    if start.elapsed() <= limit {
        result
    } else {
        None
    }
}
