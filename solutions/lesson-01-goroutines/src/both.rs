//! Exercise 2: two jobs at the same time, and both results.
//!
//! Two goroutines are enough: the caller is one already. It starts the other,
//! does its own share, and only then waits.

/// Runs `a` and `b` at the same time and returns what they return.
///
/// # Panics
///
/// When one of them does.
pub fn run_both<A, B>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let a = marmota::spawn(a);
    let b = b();
    match a.join() {
        Ok(a) => (a, b),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
