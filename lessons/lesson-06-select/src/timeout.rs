//! Exercise 3: wait, but not for ever.
//!
//! [`marmota::time::after`] is a channel that receives the time once, so a timeout is
//! one case of a select more. What is easily forgotten is the other one: the work
//! that came too late still wants to hand over its result, and nobody is there.

use std::time::Duration;

/// Runs `work` on a goroutine of its own and returns what it gives, or `None` when
/// that takes longer than `limit`.
///
/// Work cannot be stopped from outside: when it is late, it goes on to its end. Then
/// its result is thrown away.
///
/// Graded: the result, and that it is returned as soon as it is there; `None` after
/// exactly `limit`; that work that comes late ends like any other, with its
/// goroutine; that nobody is busy meanwhile.
pub fn with_timeout<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let _ = (limit, work);
    todo!("start it, and wait for whichever is first")
}
