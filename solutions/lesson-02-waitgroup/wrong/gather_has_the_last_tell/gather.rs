//! Verdict: deadlock. The job that ends last hands all results over; where there is no
//! job, there is no last one, and nobody ever does.

use std::sync::Arc;

use marmota::sync::Mutex;

/// Runs each of `jobs` on a goroutine of its own; the results are in their order.
pub fn gather<T: Send + 'static>(jobs: Vec<Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    let slots: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    let results = Arc::new(Mutex::new(slots));
    let (tx, rx) = marmota::chan(1);
    for (i, job) in jobs.into_iter().enumerate() {
        let (results, tx) = (Arc::clone(&results), tx.clone());
        marmota::go(move || {
            let result = job();
            let mut slots = results.lock();
            slots[i] = Some(result);
            if slots.iter().all(Option::is_some) {
                tx.send(slots.drain(..).flatten().collect());
            }
        });
    }
    rx.recv().expect("nobody closes it")
}
