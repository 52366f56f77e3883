//! Exercise 1: some workers, one channel of jobs.
//!
//! The closed channel is how the workers learn that there is no more: their loop ends
//! once it is closed *and* empty. So closing right after the last job loses none.

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
    group.wait();
}
