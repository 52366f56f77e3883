//! Verdict: panicked. It closes the channel so that nothing is left of it, and the work
//! that comes late sends on a closed channel.

use std::time::Duration;

use marmota::{select, time};

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = marmota::chan(1);
    let late = done.clone();
    marmota::go(move || late.send(work()));
    select! {
        result = <-result => result,
        <-time::after(limit) => {
            done.close();
            None
        }
    }
}
