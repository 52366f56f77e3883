//! Verdict: wrong result. Never more than `workers` jobs at a time, but a goroutine for
//! each of them: most only wait for a permit.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs `jobs` on `workers` goroutines and returns when all have ended.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let (take, give_back) = marmota::chan(workers);
    let group = WaitGroup::new();
    for job in jobs {
        let (take, give_back) = (take.clone(), give_back.clone());
        group.go(move || {
            take.send(());
            job();
            give_back.recv();
        });
    }
    group.wait();
}
