//! Exercise 3: wait, but not for ever.
//!
//! The channel has room for the one result. So the goroutine can always put it down
//! and end, whether somebody still waits or not; and when both ends are gone, the
//! channel goes, with what is in it.

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
        result = <-result => result,
        <-time::after(limit) => None,
    }
}
