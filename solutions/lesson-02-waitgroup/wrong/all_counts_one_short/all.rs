//! Verdict: wrong result. Off by one: the last job is started but not counted.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs each of `jobs` on a goroutine of its own and returns when all have ended.
pub fn run_all(jobs: Vec<Job>) {
    let group = WaitGroup::new();
    let last = jobs.len().saturating_sub(1);
    for (i, job) in jobs.into_iter().enumerate() {
        if i == last {
            marmota::go(job);
        } else {
            group.go(job);
        }
    }
    group.wait();
}
