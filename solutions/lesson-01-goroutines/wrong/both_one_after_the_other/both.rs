//! Verdict: deadlock. Each job gets a goroutine, but the first is joined before the
//! second starts: all in sequence.

/// Runs `a` and `b` at the same time and returns what they return.
pub fn run_both<A, B>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let a = marmota::spawn(a).join().expect("the first job panicked");
    let b = marmota::spawn(b).join().expect("the second job panicked");
    (a, b)
}
