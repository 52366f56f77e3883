//! Verdict: wrong result. Off by one: the caller is to work on one item itself, and
//! then nobody does.

/// Calls `f` for each of `items` at the same time; the results are in their order.
pub fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let f = &f;
    marmota::scope(|s| {
        let others = items.iter().skip(1);
        let started: Vec<_> = others.map(|item| s.spawn(move || f(item))).collect();
        started
            .into_iter()
            .map(|goroutine| goroutine.join().expect("a call panicked"))
            .collect()
    })
}
