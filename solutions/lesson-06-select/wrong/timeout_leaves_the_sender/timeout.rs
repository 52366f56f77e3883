//! Verdict: leak. The channel has no room: work that comes late waits for somebody to
//! take its result, for ever.

use std::time::Duration;

use marmota::{select, time};

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = marmota::chan(0);
    marmota::go(move || done.send(work()));
    select! {
        result = <-result => result,
        <-time::after(limit) => None,
    }
}
