//! Verdict: livelock. It looks for the result and at the clock, again and again, and
//! never rests.

use std::time::Duration;

use marmota::{select, time};

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = marmota::chan(1);
    marmota::go(move || done.send(work()));
    let start = time::now();
    while start.elapsed() < limit {
        select! {
            result = <-result => return result,
            default => marmota::runtime::gosched(),
        }
    }
    None
}
