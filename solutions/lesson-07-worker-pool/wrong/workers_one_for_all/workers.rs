//! Verdict: deadlock. Off by all but one: there is a single worker, so the jobs run in
//! sequence.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let (feed, queue) = marmota::chan::<Job>(0);
    let group = WaitGroup::new();
    for _ in 0..workers.min(1) {
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
    group.wait();
}
