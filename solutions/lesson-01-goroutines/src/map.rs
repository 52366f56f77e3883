//! Exercise 4: the same work for many items, in the items' order.
//!
//! Two loops, and the first must be over before the second begins: an iterator is
//! lazy, so without the `collect` between them each goroutine would be joined
//! before the next is started.

/// Calls `f` for each of `items` at the same time; the results are in their order.
///
/// # Panics
///
/// When `f` does.
pub fn map<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let f = &f;
    marmota::scope(|s| {
        let started: Vec<_> = items.iter().map(|item| s.spawn(move || f(item))).collect();
        started
            .into_iter()
            .map(|goroutine| match goroutine.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}
