//! Verdict: livelock. It looks at a counter until all jobs have ended, in place of waiting
//! for the workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let (feed, queue) = marmota::chan::<Job>(0);
    let (all, ended) = (jobs.len(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..workers {
        let (queue, ended) = (queue.clone(), Arc::clone(&ended));
        marmota::go(move || {
            for job in queue {
                job();
                ended.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    for job in jobs {
        feed.send(job);
    }
    feed.close();
    while ended.load(Ordering::SeqCst) < all {
        marmota::runtime::gosched();
    }
}
