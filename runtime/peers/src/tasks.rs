//! What the programs on tokio share: the host, and the rows of the channel
//! crates that bring async methods of their own (flume, kanal).
//!
//! The runtime is tokio's multi-thread one with P workers and nothing else set.
//! The whole benchmark runs in a spawned task: the future given to `block_on`
//! itself stays on the main thread, which is none of the workers, and every
//! wake-up of it would cross threads.

use std::future::Future;

use tokio::runtime::{Builder, Handle};

use crate::harness::Job;

/// Runs the job beside a multi-thread runtime of `procs` workers.
pub fn host(procs: usize, job: Job) -> f64 {
    let runtime = Builder::new_multi_thread()
        .worker_threads(procs)
        .enable_all()
        .build()
        .expect("tokio starts its workers");
    let _entered = runtime.enter();
    job()
}

/// Runs one measurement in a task of the host's runtime.
pub fn in_task<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = Handle::current();
    runtime
        .block_on(runtime.spawn(work))
        .expect("the benchmark does not panic")
}

/// The rows that an async channel crate can run on tokio, as `const CHANNELS`.
#[macro_export]
macro_rules! task_channels {
    ($bounded:path, $send:ident, $recv:ident) => {
        mod channels {
            use std::time::{Duration, Instant};

            use marmota_peers::harness::{Bench, check_sum};
            use marmota_peers::rows::{BUFFER, RING};
            use marmota_peers::tasks::in_task;

            pub const CHANNELS: &[Bench] = &[
                Bench::timed("pingpong", |n| in_task(pingpong(n))),
                Bench::timed("one-to-one", |n| in_task(one_to_one(0, n))),
                Bench::timed("buffered", |n| in_task(one_to_one(BUFFER, n))),
                Bench::timed("many-to-many", |n| in_task(many_to_many(n))),
                Bench::timed("ring", |n| in_task(ring(n))),
            ];

            async fn pingpong(n: u64) -> Duration {
                let (ping, pings) = $bounded(0);
                let (pong, pongs) = $bounded(0);
                tokio::spawn(async move {
                    while let Ok(v) = pings.$recv().await {
                        pong.$send(v).await.unwrap();
                    }
                });
                let begin = Instant::now();
                for i in 0..n {
                    ping.$send(i).await.unwrap();
                    pongs.$recv().await.unwrap();
                }
                begin.elapsed()
            }

            async fn one_to_one(capacity: usize, n: u64) -> Duration {
                let (tx, rx) = $bounded(capacity);
                let begin = Instant::now();
                tokio::spawn(async move {
                    for i in 0..n {
                        tx.$send(i).await.unwrap();
                    }
                });
                let mut sum = 0;
                while let Ok(v) = rx.$recv().await {
                    sum += v;
                }
                let took = begin.elapsed();
                check_sum(sum, n);
                took
            }

            async fn many_to_many(n: u64) -> Duration {
                let (tx, rx) = $bounded(BUFFER);
                let begin = Instant::now();
                for first in (0..4).map(|sender| sender * (n / 4)) {
                    let tx = tx.clone();
                    tokio::spawn(async move {
                        for i in first..first + n / 4 {
                            tx.$send(i).await.unwrap();
                        }
                    });
                }
                drop(tx);
                let receivers = [(); 4].map(|()| {
                    let rx = rx.clone();
                    tokio::spawn(async move {
                        let mut sum = 0;
                        while let Ok(v) = rx.$recv().await {
                            sum += v;
                        }
                        sum
                    })
                });
                let mut sum = 0;
                for receiver in receivers {
                    sum += receiver.await.unwrap();
                }
                let took = begin.elapsed();
                check_sum(sum, n);
                took
            }

            async fn ring(n: u64) -> Duration {
                let (first, mut last) = $bounded(0);
                for _ in 1..RING {
                    let (out, next) = $bounded(0);
                    let before = std::mem::replace(&mut last, next);
                    tokio::spawn(async move {
                        while let Ok(v) = before.$recv().await {
                            out.$send(v + 1).await.unwrap();
                        }
                    });
                }
                let begin = Instant::now();
                let mut token = 0;
                for _ in 0..n / RING {
                    first.$send(token).await.unwrap();
                    token = 1 + last.$recv().await.unwrap();
                }
                let took = begin.elapsed();
                assert_eq!(token, n, "the token missed a hop");
                took
            }
        }
    };
}
