//! Locks that eight goroutines share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use marmota::chan;
use marmota::sync::{Mutex, RwMutex, WaitGroup};
use marmota_peers::harness::Bench;

pub const ROWS: &[Bench] = &[
    Bench::timed("mutex", mutex),
    Bench::timed("rwmutex", rwmutex),
];

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

fn rwmutex(n: u64) -> Duration {
    let value = Arc::new(RwMutex::new(1));
    let (sums, totals) = chan(8);
    let wg = WaitGroup::new();
    let begin = Instant::now();
    for _ in 0..8 {
        let (value, sums) = (Arc::clone(&value), sums.clone());
        wg.go(move || sums.send((0..n / 8).map(|_| *value.read()).sum::<u64>()));
    }
    wg.wait();
    let took = begin.elapsed();
    let sum: u64 = totals.iter().take(8).sum();
    assert_eq!(sum, n, "a reader missed a turn");
    took
}
