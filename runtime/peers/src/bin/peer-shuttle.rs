//! shuttle: deterministic schedules of a pool of 4 workers and 16 jobs.
//!
//! One schedule of the pool is one operation. Both of shuttle's searches run,
//! the random walk and PCT with depth 3; the row gets the faster. Its channels
//! are std's, with one receiver, so the workers share it behind a mutex, as one
//! does with std. Vector clocks are off, as by default.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use shuttle::sync::mpsc::channel;
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

const ROWS: &[Bench] = &[Bench::timed("schedules", schedules).note("the faster of random and PCT")];

const WORKERS: usize = 4;
const JOBS: u64 = 16;

fn main() -> ExitCode {
    main_with(&[ROWS], |_procs, job| job())
}

fn schedules(n: u64) -> Duration {
    let begin = Instant::now();
    shuttle::check_random(pool, n as usize);
    let random = begin.elapsed();
    let begin = Instant::now();
    shuttle::check_pct(pool, n as usize, 3);
    random.min(begin.elapsed())
}

/// Four workers take sixteen jobs, square them, and send the results back.
fn pool() {
    let (jobs, queue) = channel();
    let queue = Arc::new(Mutex::new(queue));
    let (results, squares) = channel();
    for _ in 0..WORKERS {
        let (queue, results) = (Arc::clone(&queue), results.clone());
        thread::spawn(move || {
            loop {
                let job: Result<u64, _> = queue.lock().unwrap().recv();
                let Ok(job) = job else { return };
                results.send(job * job).unwrap();
            }
        });
    }
    drop(results);
    for job in 0..JOBS {
        jobs.send(job).unwrap();
    }
    drop(jobs);
    let sum: u64 = squares.iter().sum();
    assert_eq!(sum, (0..JOBS).map(|job| job * job).sum());
}
