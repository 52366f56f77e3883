//! Verdict: deadlock. So that work that comes late has where to send, the channel is
//! kept for ever, and with it the result.

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
    select! {
        result = <-&result => result,
        <-time::after(limit) => {
            std::mem::forget(result);
            None
        }
    }
}
