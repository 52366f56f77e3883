//! Verdict: deadlock. The iterator is lazy: each goroutine is joined before the next
//! one is started, so they run in sequence.

/// Calls `f` for each of `items`; the results are in their order.
pub fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let f = &f;
    marmota::scope(|s| {
        items
            .iter()
            .map(|item| s.spawn(move || f(item)))
            .map(|goroutine| goroutine.join().expect("a call panicked"))
            .collect()
    })
}
