//! Verdict: wrong result. The results are kept in the order in which they come: that of
//! the calls' ends.

use std::sync::Arc;

/// Calls `f` for each of `items` on `workers` goroutines; the results are in their order.
pub fn map_pool<T, R>(
    workers: usize,
    items: Vec<T>,
    f: impl Fn(T) -> R + Send + Sync + 'static,
) -> Vec<R>
where
    T: Send + 'static,
    R: Send + 'static,
{
    let f = Arc::new(f);
    let count = items.len();
    let (feed, queue) = marmota::chan(0);
    let (put, results) = marmota::chan(0);
    for _ in 0..workers {
        let (f, queue, put) = (Arc::clone(&f), queue.clone(), put.clone());
        marmota::go(move || {
            for item in queue {
                put.send(f(item));
            }
        });
    }
    marmota::go(move || {
        for item in items {
            feed.send(item);
        }
        feed.close();
    });
    results.iter().take(count).collect()
}
