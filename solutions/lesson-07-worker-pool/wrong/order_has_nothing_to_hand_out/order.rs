//! Verdict: leak. Without items it returns early, when the workers have been started
//! already: nobody closes their channel.

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
    let mut slots: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let (feed, queue) = marmota::chan(0);
    let (put, results) = marmota::chan(0);
    for _ in 0..workers {
        let (f, queue, put) = (Arc::clone(&f), queue.clone(), put.clone());
        marmota::go(move || {
            for (i, item) in queue {
                put.send((i, f(item)));
            }
        });
    }
    if items.is_empty() {
        return Vec::new();
    }
    marmota::go(move || {
        for numbered in items.into_iter().enumerate() {
            feed.send(numbered);
        }
        feed.close();
    });
    for _ in 0..slots.len() {
        if let Some((i, result)) = results.recv() {
            slots[i] = Some(result);
        }
    }
    slots
        .into_iter()
        .map(|slot| slot.expect("each item has a result"))
        .collect()
}
