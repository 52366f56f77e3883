//! Exercise 1: run all, wait for all.
//!
//! `add` stands before `go`, in the goroutine that will wait: whoever is counted
//! only when it runs may run after the wait is over.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs each of `jobs` on a goroutine of its own and returns when all have ended.
pub fn run_all(jobs: Vec<Job>) {
    let group = WaitGroup::new();
    for job in jobs {
        group.add(1);
        let group = group.clone();
        marmota::go(move || {
            job();
            group.done();
        });
    }
    group.wait();
}
