//! Exercise 2: two jobs at the same time, and both results.
//!
//! [`marmota::spawn`] is `go` with a handle: [`join`](marmota::JoinHandle::join)
//! waits for the goroutine's end and gives what its function returned. A join
//! waits, so it matters where you put it.

/// Runs `a` and `b` at the same time and returns what they return.
///
/// Graded: both results are there, each in its place; the jobs may wait for each
/// other, so neither may have to end before the other begins.
pub fn run_both<A, B>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let _ = (a, b);
    todo!("run both at once, then wait for both")
}
