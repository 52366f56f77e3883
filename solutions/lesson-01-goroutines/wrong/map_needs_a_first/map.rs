//! Verdict: panicked. The caller works on the first item itself, and is sure that there
//! is one.

/// Calls `f` for each of `items` at the same time; the results are in their order.
pub fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let f = &f;
    let (first, others) = items.split_first().expect("there is a first item");
    marmota::scope(|s| {
        let started: Vec<_> = others.iter().map(|item| s.spawn(move || f(item))).collect();
        let mut results = vec![f(first)];
        for goroutine in started {
            results.push(goroutine.join().expect("a call panicked"));
        }
        results
    })
}
