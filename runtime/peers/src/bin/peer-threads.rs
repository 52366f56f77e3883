//! Plain threads with std's locks: what the system itself offers.
//!
//! Left out: channels (the channel crates have programs of their own) and rows
//! with more goroutines than a system has threads to give.

use std::process::ExitCode;
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use marmota_peers::direct::{spinners, switches};
use marmota_peers::harness::{Bench, main_with};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[
    Bench::timed("gosched", gosched),
    Bench::timed("mutex", mutex),
    Bench::timed("rwmutex", rwmutex),
    Bench::direct("preemption", preemption),
];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

fn gosched(n: u64) -> Duration {
    let begin = Instant::now();
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(move || (0..n / 4).for_each(|_| thread::yield_now()));
        }
    });
    begin.elapsed()
}

fn mutex(n: u64) -> Duration {
    let counter = Mutex::new(0);
    let begin = Instant::now();
    thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| (0..n / 8).for_each(|_| *counter.lock().unwrap() += 1));
        }
    });
    let took = begin.elapsed();
    assert_eq!(*counter.lock().unwrap(), n, "an update was lost");
    took
}

fn rwmutex(n: u64) -> Duration {
    let value = RwLock::new(1);
    let begin = Instant::now();
    let sum: u64 = thread::scope(|s| {
        let readers =
            [(); 8].map(|()| s.spawn(|| (0..n / 8).map(|_| *value.read().unwrap()).sum()));
        readers
            .into_iter()
            .map(|r| -> u64 { r.join().unwrap() })
            .sum()
    });
    let took = begin.elapsed();
    assert_eq!(sum, n, "a reader missed a turn");
    took
}

fn preemption() -> f64 {
    let [a, b] = spinners().map(thread::spawn);
    switches(&a.join().unwrap(), &b.join().unwrap())
}
