//! Measures timers: 10,000 goroutines that sleep 1 ms each, per goroutine.
//!
//! ```text
//! GOMAXPROCS=1 cargo run --release -p marmota --example bench_sleep [rounds]
//! ```
//!
//! The sleep itself is 100 ns of the result.

use marmota::sync::WaitGroup;
use std::time::{Duration, Instant};

const SLEEPERS: u32 = 10_000;

#[marmota::main]
fn main() {
    let rounds: u32 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(50);
    let mut best = Duration::MAX;
    let mut sum = Duration::ZERO;
    for _ in 0..rounds {
        let group = WaitGroup::new();
        let begin = Instant::now();
        for _ in 0..SLEEPERS {
            group.go(|| marmota::time::sleep(Duration::from_millis(1)));
        }
        group.wait();
        let took = begin.elapsed();
        best = best.min(took);
        sum += took;
    }
    println!(
        "{} Ps: {:.0} ns per goroutine, the best of {rounds} rounds {:.0}",
        std::env::var("GOMAXPROCS").unwrap_or_else(|_| "all".into()),
        (sum / rounds).as_nanos() as f64 / f64::from(SLEEPERS),
        best.as_nanos() as f64 / f64::from(SLEEPERS)
    );
}
