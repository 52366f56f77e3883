//! Verdict: wrong result. The work runs before the select: an argument is evaluated
//! first, and then there is nothing to wait for.

use std::time::Duration;

use marmota::{select, time};

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = marmota::chan(1);
    done.send(work());
    select! {
        result = <-result => result,
        <-time::after(limit) => None,
    }
}
