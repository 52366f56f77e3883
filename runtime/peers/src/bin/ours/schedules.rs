//! Deterministic schedules of a pool, as shuttle runs them in `peer-shuttle`.

use std::time::{Duration, Instant};

use marmota::sim::{Explorer, Verdict};
use marmota::{chan, go};
use marmota_peers::harness::Bench;

pub const ROWS: &[Bench] = &[Bench::timed("schedules", schedules).without_host()];

const WORKERS: usize = 4;
const JOBS: u64 = 16;

fn schedules(n: u64) -> Duration {
    let begin = Instant::now();
    let report = Explorer::new().schedules(n).run(pool);
    let took = begin.elapsed();
    assert!(matches!(report.verdict, Verdict::Passed), "{report}");
    assert_eq!(report.schedules, n, "not every schedule ran");
    took
}

/// Four workers take sixteen jobs, square them, and send the results back.
fn pool() {
    let (jobs, queue) = chan(JOBS as usize);
    let (results, squares) = chan(JOBS as usize);
    for _ in 0..WORKERS {
        let (queue, results) = (queue.clone(), results.clone());
        go(move || {
            for job in queue {
                results.send(job * job);
            }
        });
    }
    for job in 0..JOBS {
        jobs.send(job);
    }
    jobs.close();
    let sum: u64 = squares.iter().take(JOBS as usize).sum();
    assert_eq!(sum, (0..JOBS).map(|job| job * job).sum());
}
