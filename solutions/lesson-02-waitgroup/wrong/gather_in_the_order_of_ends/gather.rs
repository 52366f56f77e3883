//! Verdict: wrong result. Results are pushed as the jobs end, in whatever order that is.

use std::sync::Arc;

use marmota::sync::{Mutex, WaitGroup};

/// Runs each of `jobs` on a goroutine of its own; the results are in their order.
pub fn gather<T: Send + 'static>(jobs: Vec<Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    let results = Arc::new(Mutex::new(Vec::new()));
    let group = WaitGroup::new();
    for job in jobs {
        let results = Arc::clone(&results);
        group.go(move || {
            let result = job();
            results.lock().push(result);
        });
    }
    group.wait();
    let results = std::mem::take(&mut *results.lock());
    results
}
