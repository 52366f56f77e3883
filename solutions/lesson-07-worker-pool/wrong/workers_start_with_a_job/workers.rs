//! Verdict: panicked. Each worker begins with a job in its hand, and there may be fewer
//! jobs than workers.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let (feed, queue) = marmota::chan::<Job>(0);
    let group = WaitGroup::new();
    let mut jobs = jobs.into_iter();
    for _ in 0..workers {
        let (first, queue) = (jobs.next().expect("a job for each"), queue.clone());
        group.go(move || {
            first();
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
