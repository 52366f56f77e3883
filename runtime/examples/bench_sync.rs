//! What the locks cost: `cargo run --release --example bench_sync`, with GOMAXPROCS
//! set to 1 and to 2. Nanoseconds per operation, the best of fifteen runs.

use marmota::sync::{Mutex, RwMutex, WaitGroup};
use std::sync::Arc;
use std::time::{Duration, Instant};

const GOROUTINES: u64 = 8;

#[marmota::main]
fn main() {
    report("Mutex, 8 goroutines, one counter", 4_000_000, mutex);
    report("RwMutex, 8 readers", 4_000_000, readers);
    report("RwMutex, 8 writers", 2_000_000, writers);
    report("RwMutex, 1 write in 64", 2_000_000, mixed);
    report("WaitGroup, add and done", 4_000_000, add_done);
    report("start and done", 500_000, start_done);
    report("Mutex held across gosched", 200_000, held);
}

fn report(name: &str, n: u64, run: fn(u64) -> Duration) {
    let best = (0..15).map(|_| run(n)).min().unwrap_or_default();
    println!("{name:36}{:8.1} ns", best.as_nanos() as f64 / n as f64);
}

/// Eight goroutines that do `f` `n` times in all.
fn shared<T, F>(n: u64, value: T, f: F) -> Duration
where
    T: Send + Sync + 'static,
    F: Fn(&T, u64) + Copy + Send + 'static,
{
    let (value, group) = (Arc::new(value), WaitGroup::new());
    let begin = Instant::now();
    for _ in 0..GOROUTINES {
        let value = value.clone();
        group.go(move || (0..n / GOROUTINES).for_each(|i| f(&value, i)));
    }
    group.wait();
    begin.elapsed()
}

fn mutex(n: u64) -> Duration {
    shared(n, Mutex::new(0u64), |counter, _| *counter.lock() += 1)
}

fn readers(n: u64) -> Duration {
    shared(n, RwMutex::new(0u64), |value, _| {
        std::hint::black_box(*value.read());
    })
}

fn writers(n: u64) -> Duration {
    shared(n, RwMutex::new(0u64), |counter, _| *counter.write() += 1)
}

fn mixed(n: u64) -> Duration {
    shared(n, RwMutex::new(0u64), |value, i| {
        if i % 64 == 0 {
            *value.write() += 1;
        } else {
            std::hint::black_box(*value.read());
        }
    })
}

fn held(n: u64) -> Duration {
    shared(n, Mutex::new(0u64), |counter, _| {
        let mut guard = counter.lock();
        marmota::runtime::gosched();
        *guard += 1;
    })
}

fn add_done(n: u64) -> Duration {
    shared(n, WaitGroup::new(), |group, _| {
        group.add(1);
        group.done();
    })
}

fn start_done(n: u64) -> Duration {
    let group = WaitGroup::new();
    let begin = Instant::now();
    (0..n).for_each(|_| group.go(|| ()));
    group.wait();
    begin.elapsed()
}
