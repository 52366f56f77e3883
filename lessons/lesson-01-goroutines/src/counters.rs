//! Exercise 3: counters side by side.
//!
//! `go` and `spawn` take only what may live for ever (`'static`): nobody knows
//! when their goroutine ends. In a [`marmota::scope`] every goroutine ends before
//! the scope does, so there it may borrow what the caller owns: here, the names
//! and the function that reports.
//!
//! Time in the graded runs is virtual: [`marmota::time::sleep`] costs nothing
//! there, but it is counted to the nanosecond.

use std::time::Duration;

/// How long a counter rests after each number.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Counts from 0 up to but not including `end` for each of `names`, all at the
/// same time: one goroutine a name calls `report(name, number)` for each number
/// and rests for [`PAUSE`] after it. Returns when all have ended.
///
/// Graded: each name's numbers are reported, once and in order; all is reported
/// when the function returns; however many names there are, it takes as long as
/// one of them: `end` pauses.
pub fn count_together(names: &[&str], end: u32, report: impl Fn(&str, u32) + Sync) {
    let _ = (names, end, report);
    todo!("one goroutine a name, in a scope")
}
