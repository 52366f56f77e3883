//! may's stackful coroutines: P workers, default stacks (32 KB), a pool of 10,000
//! stacks made at the start (the default of 1,000 makes `sleep` eight times slower).
//!
//! may's channels are all unbounded. Where only one value is ever under way
//! (ping-pong, ring) that makes no difference and the rows stand here; one that
//! sends many values would measure a queue that grows, so those are left out.
//! Left out too: start and skynet, which have a million coroutines alive at once
//! (a stack is a mapping of its own with a guard beside it, and the system
//! allows 65,530 mappings; `memory` parks 20,000), select (its select starts a coroutine per
//! case), preemption (it has none).

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use marmota_peers::direct::resident_bytes;
use marmota_peers::harness::{Bench, Job, main_with};
use marmota_peers::rows::{RING, SLEEPERS};
use may::sync::{Mutex, RwLock, WaitGroup, mpsc};
use may::{coroutine, go};

const UNBOUNDED: &str = "unbounded channel";

const ROWS: &[Bench] = &[
    Bench::timed("gosched", gosched),
    Bench::timed("pingpong", pingpong).note(UNBOUNDED),
    Bench::timed("mutex", mutex),
    Bench::timed("rwmutex", rwmutex),
    Bench::timed("ring", ring).note(UNBOUNDED),
    Bench::timed("sleep", sleep),
    Bench::direct("memory", memory).note("20,000 of them"),
];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

fn host(procs: usize, job: Job) -> f64 {
    may::config().set_workers(procs).set_pool_capacity(10_000);
    go!(job).join().expect("the benchmark does not panic")
}

fn gosched(n: u64) -> Duration {
    let begin = Instant::now();
    let yielders = [(); 4].map(|()| go!(move || (0..n / 4).for_each(|_| coroutine::yield_now())));
    yielders.into_iter().for_each(|y| y.join().unwrap());
    begin.elapsed()
}

fn pingpong(n: u64) -> Duration {
    let (ping, pings) = mpsc::channel();
    let (pong, pongs) = mpsc::channel();
    go!(move || {
        for v in pings {
            pong.send(v).unwrap();
        }
    });
    let begin = Instant::now();
    for i in 0..n {
        ping.send(i).unwrap();
        pongs.recv().unwrap();
    }
    begin.elapsed()
}

fn mutex(n: u64) -> Duration {
    let counter = Arc::new(Mutex::new(0));
    let begin = Instant::now();
    let adders = [(); 8].map(|()| {
        let counter = Arc::clone(&counter);
        go!(move || (0..n / 8).for_each(|_| *counter.lock().unwrap() += 1))
    });
    adders.into_iter().for_each(|a| a.join().unwrap());
    let took = begin.elapsed();
    assert_eq!(*counter.lock().unwrap(), n, "an update was lost");
    took
}

fn rwmutex(n: u64) -> Duration {
    let value = Arc::new(RwLock::new(1));
    let begin = Instant::now();
    let readers = [(); 8].map(|()| {
        let value = Arc::clone(&value);
        go!(move || (0..n / 8).map(|_| *value.read().unwrap()).sum::<u64>())
    });
    let sum: u64 = readers.into_iter().map(|r| r.join().unwrap()).sum();
    let took = begin.elapsed();
    assert_eq!(sum, n, "a reader missed a turn");
    took
}

fn ring(n: u64) -> Duration {
    let (first, mut last) = mpsc::channel();
    for _ in 1..RING {
        let (out, next) = mpsc::channel();
        let before = std::mem::replace(&mut last, next);
        go!(move || {
            for v in before {
                out.send(v + 1).unwrap();
            }
        });
    }
    let begin = Instant::now();
    let mut token = 0;
    for _ in 0..n / RING {
        first.send(token).unwrap();
        token = 1 + last.recv().unwrap();
    }
    let took = begin.elapsed();
    assert_eq!(token, n, "the token missed a hop");
    took
}

fn sleep(n: u64) -> Duration {
    let begin = Instant::now();
    for _ in 0..n / SLEEPERS {
        let wg = WaitGroup::new();
        for _ in 0..SLEEPERS {
            let wg = wg.clone();
            go!(move || {
                coroutine::sleep(Duration::from_millis(1));
                drop(wg);
            });
        }
        wg.wait();
    }
    begin.elapsed()
}

fn memory() -> f64 {
    const PARKED: u64 = 20_000;
    let before = resident_bytes();
    let (gate, opened) = may::sync::mpmc::channel::<()>();
    let running = WaitGroup::new();
    for _ in 0..PARKED {
        let (opened, running) = (opened.clone(), running.clone());
        go!(move || {
            drop(running);
            let _ = opened.recv();
        });
    }
    running.wait();
    let after = resident_bytes();
    drop(gate);
    (after - before) / PARKED as f64
}
