//! Exercise 1: some workers, one channel of jobs.
//!
//! A goroutine for each job is easy, and often right. It is wrong when what the jobs
//! use is scarce: connections, memory, another server's patience. A pool starts a few
//! goroutines, the workers, and lets all of them receive from the same channel. A
//! value goes to one receiver only, so no job is done twice; whoever is free takes
//! the next.

use crate::Job;

/// Runs `jobs` on `workers` goroutines (at least 1), which take them from one channel,
/// and returns when all jobs have ended.
///
/// Graded: each job runs once and has ended when the function returns; `workers` jobs
/// run at the same time, and no more; few goroutines, however many jobs; a slow job
/// holds up no job that another worker could do; nothing is left running.
pub fn run_pool(workers: usize, jobs: Vec<Job>) {
    let _ = (workers, jobs);
    todo!("start the workers, feed them, tell them that there is no more")
}
