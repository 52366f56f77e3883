//! Verdict: deadlock. It waits after each start, so there is never more than one job.

use marmota::sync::WaitGroup;

use crate::Job;

/// Runs each of `jobs` on a goroutine of its own and returns when all have ended.
pub fn run_all(jobs: Vec<Job>) {
    let group = WaitGroup::new();
    for job in jobs {
        group.add(1);
        let (group, waiter) = (group.clone(), &group);
        marmota::go(move || {
            job();
            group.done();
        });
        waiter.wait();
    }
}
