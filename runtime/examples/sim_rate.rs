//! How many deterministic runs a second: a pool of 4 workers and 16 jobs, and the
//! counter of two goroutines, each under every strategy; then memory over many
//! runs.
//!
//! ```text
//! cargo run --release -p marmota --example sim_rate [runs, default 100000]
//! ```

use marmota::sim::{Explorer, Search};
use marmota::sync::{Mutex, WaitGroup};
use std::sync::Arc;
use std::time::Instant;

fn pool() {
    let (jobs_in, jobs) = marmota::chan(0);
    let (results_in, results) = marmota::chan(16);
    let group = WaitGroup::new();
    for _ in 0..4 {
        let (jobs, results_in) = (jobs.clone(), results_in.clone());
        group.go(move || {
            for job in jobs {
                results_in.send(job * 2);
            }
        });
    }
    for job in 0..16u32 {
        jobs_in.send(job);
    }
    jobs_in.close();
    group.wait();
    results_in.close();
    assert_eq!(results.into_iter().sum::<u32>(), 240);
}

fn counter() {
    let (count, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
    for _ in 0..2 {
        let count = count.clone();
        group.go(move || *count.lock() += 1);
    }
    group.wait();
    assert_eq!(*count.lock(), 2);
}

/// Resident memory in kilobytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn measure(name: &str, program: fn(), search: Search, runs: u64) {
    let start = Instant::now();
    let report = Explorer::new()
        .schedules(runs)
        .strategy(search)
        .run(program);
    let took = start.elapsed().as_secs_f64();
    assert!(report.passed(), "{report}");
    let (ran, memory) = (report.schedules, resident().unwrap_or(0));
    println!(
        "{name:<8} {search:<20} {ran:>9} runs  {:>9.0} runs/s  {memory:>7} KB",
        ran as f64 / took,
        search = format!("{search:?}"),
    );
}

fn main() {
    let runs = std::env::args()
        .nth(1)
        .map_or(100_000, |n| n.parse().expect("a number of runs"));
    let searches = [
        Search::Random,
        Search::Pct { depth: 1 },
        Search::Pct { depth: 3 },
        Search::Uniform,
        Search::Exhaustive,
        Search::Portfolio,
    ];
    for (name, program) in [("pool", pool as fn()), ("counter", counter as fn())] {
        for search in searches {
            measure(name, program, search, runs);
        }
    }
}
