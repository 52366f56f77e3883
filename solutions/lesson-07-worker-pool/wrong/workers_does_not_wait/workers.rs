//! Verdict: wrong result. The last job has been taken when the last send returns, but it
//! has not ended.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let (feed, queue) = marmota::chan::<Job>(0);
    let group = WaitGroup::new();
    for _ in 0..workers {
        let queue = queue.clone();
        group.go(move || {
            for job in queue {
                job();
            }
        });
    }
    for job in jobs {
        feed.send(job);
    }
    feed.close();
}
