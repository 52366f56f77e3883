//! Verdict: deadlock. Each worker is dealt its share of the jobs beforehand: those of a
//! busy worker wait, although another has nothing to do.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let mut shares: Vec<Vec<Job>> = (0..workers).map(|_| Vec::new()).collect();
    for (i, job) in jobs.into_iter().enumerate() {
        shares[i % workers].push(job);
    }
    let group = WaitGroup::new();
    for share in shares {
        group.go(move || share.into_iter().for_each(|job| job()));
    }
    group.wait();
}
