//! Locks that eight goroutines share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use marmota::sync::{Mutex, WaitGroup};
use marmota_peers::harness::Bench;

pub const ROWS: &[Bench] = &[Bench::timed("mutex", mutex)];

fn mutex(n: u64) -> Duration {
    let counter = Arc::new(Mutex::new(0));
    let wg = WaitGroup::new();
    let begin = Instant::now();
    for _ in 0..8 {
        let counter = Arc::clone(&counter);
        wg.go(move || (0..n / 8).for_each(|_| *counter.lock() += 1));
    }
    wg.wait();
    let took = begin.elapsed();
    assert_eq!(*counter.lock(), n, "an update was lost");
    took
}
