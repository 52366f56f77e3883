//! The channel crates on plain threads: crossbeam, flume and kanal have the
//! same blocking interface, so one text serves all three.
//!
//! GOMAXPROCS = P means here: the process may run on P CPUs only. The crates
//! spin before they block, so a thread that is alone on one CPU behaves
//! otherwise than one of two; that is what a user gets, too.

use crate::harness::Job;

/// Runs the job with the process confined to the first `procs` CPUs it may use.
pub fn host(procs: usize, job: Job) -> f64 {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None).expect("the system tells which CPUs we may use");
    let mut confined = CpuSet::new();
    (0..CpuSet::MAX_CPU)
        .filter(|&cpu| allowed.is_set(cpu))
        .take(procs)
        .for_each(|cpu| confined.set(cpu));
    // Threads inherit it from the one that creates them.
    sched_setaffinity(None, &confined).expect("a subset of the allowed CPUs is allowed");
    job()
}

/// The rows that every blocking channel crate can run, as `const CHANNELS`.
#[macro_export]
macro_rules! thread_channels {
    ($bounded:path) => {
        mod channels {
            use std::thread;
            use std::time::{Duration, Instant};

            use marmota_peers::harness::{Bench, check_sum};
            use marmota_peers::rows::{BUFFER, RING};

            pub const CHANNELS: &[Bench] = &[
                Bench::timed("pingpong", pingpong),
                Bench::timed("one-to-one", |n| one_to_one(0, n)),
                Bench::timed("buffered", |n| one_to_one(BUFFER, n)),
                Bench::timed("many-to-many", many_to_many),
                Bench::timed("ring", ring),
            ];

            fn pingpong(n: u64) -> Duration {
                let (ping, pings) = $bounded(0);
                let (pong, pongs) = $bounded(0);
                thread::scope(|s| {
                    s.spawn(move || {
                        for v in pings {
                            pong.send(v).unwrap();
                        }
                    });
                    let begin = Instant::now();
                    for i in 0..n {
                        ping.send(i).unwrap();
                        pongs.recv().unwrap();
                    }
                    let took = begin.elapsed();
                    drop(ping);
                    took
                })
            }

            fn one_to_one(capacity: usize, n: u64) -> Duration {
                let (tx, rx) = $bounded(capacity);
                let begin = Instant::now();
                let sum = thread::scope(|s| {
                    s.spawn(move || (0..n).for_each(|i| tx.send(i).unwrap()));
                    rx.into_iter().sum()
                });
                let took = begin.elapsed();
                check_sum(sum, n);
                took
            }

            fn many_to_many(n: u64) -> Duration {
                let (tx, rx) = $bounded(BUFFER);
                let begin = Instant::now();
                let sum = thread::scope(|s| {
                    for first in (0..4).map(|sender| sender * (n / 4)) {
                        let tx = tx.clone();
                        s.spawn(move || (first..first + n / 4).for_each(|i| tx.send(i).unwrap()));
                    }
                    drop(tx);
                    let receivers = [(); 4].map(|()| {
                        let rx = rx.clone();
                        s.spawn(move || rx.into_iter().sum::<u64>())
                    });
                    receivers.into_iter().map(|r| r.join().unwrap()).sum()
                });
                let took = begin.elapsed();
                check_sum(sum, n);
                took
            }

            fn ring(n: u64) -> Duration {
                thread::scope(|s| {
                    let (first, mut last) = $bounded(0);
                    for _ in 1..RING {
                        let (out, next) = $bounded(0);
                        let before = std::mem::replace(&mut last, next);
                        s.spawn(move || {
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
                    drop(first);
                    took
                })
            }
        }
    };
}
