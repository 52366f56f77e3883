//! Verdict: deadlock. The lock is taken before the job runs, so the jobs run in sequence.

use std::sync::Arc;

use marmota::sync::{Mutex, WaitGroup};

/// Runs each of `jobs` on a goroutine of its own; the results are in their order.
///
/// # Panics
///
/// When a job does.
pub fn gather<T: Send + 'static>(jobs: Vec<Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    let slots: Vec<Option<T>> = jobs.iter().map(|_| None).collect();
    let results = Arc::new(Mutex::new(slots));
    let group = WaitGroup::new();
    for (i, job) in jobs.into_iter().enumerate() {
        let results = Arc::clone(&results);
        group.go(move || {
            let mut results = results.lock();
            results[i] = Some(job());
        });
    }
    group.wait();
    let slots = std::mem::take(&mut *results.lock());
    slots.into_iter().map(|slot| slot.expect("every job has put its result down")).collect()
}
