//! tokio's multi-thread runtime with its own channels, locks and timers.
//!
//! tokio has no unbuffered channel: the rows over unbuffered channels use its
//! mpsc with a buffer of one, the nearest it has, and say so. Left out: four
//! receivers on one channel (its mpsc has one), preemption (it has none). The HTTP server
//! is hyper's.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::{Response, service::service_fn};
use hyper_util::rt::TokioIo;
use marmota_peers::direct::{requests, resident_bytes};
use marmota_peers::harness::{Bench, check_sum, main_with};
use marmota_peers::rows::{BUFFER, PARKED, RING, SLEEPERS};
use marmota_peers::tasks::{host, in_task};
use tokio::sync::{Mutex, Notify, RwLock, mpsc};
use tokio::task::{JoinHandle, JoinSet};

const BUFFER_OF_ONE: &str = "buffer of 1";

const ROWS: &[Bench] = &[
    Bench::timed("start", |n| in_task(start(n))),
    Bench::timed("gosched", |n| in_task(gosched(n))),
    Bench::timed("pingpong", |n| in_task(pingpong(n))).note(BUFFER_OF_ONE),
    Bench::timed("one-to-one", |n| in_task(one_to_one(1, n))).note(BUFFER_OF_ONE),
    Bench::timed("buffered", |n| in_task(one_to_one(BUFFER, n))),
    Bench::timed("select", |n| in_task(select(n))).note(BUFFER_OF_ONE),
    Bench::timed("select-default", try_recv).note("try_recv"),
    Bench::timed("mutex", |n| in_task(mutex(n))),
    Bench::timed("rwmutex", |n| in_task(rwmutex(n))),
    Bench::timed("ring", |n| in_task(ring(n))).note(BUFFER_OF_ONE),
    Bench::timed("sleep", |n| in_task(sleep(n))),
    Bench::timed("skynet", |n| in_task(skynet(n))),
    Bench::direct("http", || in_task(http())).note("hyper"),
    Bench::direct("memory", memory),
];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

async fn start(n: u64) -> Duration {
    let begin = Instant::now();
    // Measured beside a TaskTracker, a JoinSet and a counter with Notify: the
    // plain handles are fastest at two workers.
    let tasks: Vec<_> = (0..n).map(|_| tokio::spawn(async {})).collect();
    for task in tasks {
        task.await.unwrap();
    }
    begin.elapsed()
}

async fn gosched(n: u64) -> Duration {
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        tasks.spawn(async move {
            for _ in 0..n / 4 {
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;
    begin.elapsed()
}

async fn pingpong(n: u64) -> Duration {
    let (ping, mut pings) = mpsc::channel(1);
    let (pong, mut pongs) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(v) = pings.recv().await {
            pong.send(v).await.unwrap();
        }
    });
    let begin = Instant::now();
    for i in 0..n {
        ping.send(i).await.unwrap();
        pongs.recv().await.unwrap();
    }
    begin.elapsed()
}

async fn one_to_one(capacity: usize, n: u64) -> Duration {
    let (tx, mut rx) = mpsc::channel(capacity);
    let begin = Instant::now();
    tokio::spawn(async move {
        for i in 0..n {
            tx.send(i).await.unwrap();
        }
    });
    let mut sum = 0;
    while let Some(v) = rx.recv().await {
        sum += v;
    }
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

async fn select(n: u64) -> Duration {
    let (to_a, mut a) = mpsc::channel(1);
    let (to_b, mut b) = mpsc::channel(1);
    let (_open, mut quit) = mpsc::channel::<u64>(1);
    let begin = Instant::now();
    for (tx, first) in [(to_a, 0), (to_b, n / 2)] {
        tokio::spawn(async move {
            for i in first..first + n / 2 {
                tx.send(i).await.unwrap();
            }
        });
    }
    let mut sum = 0;
    for _ in 0..n {
        tokio::select! {
            Some(v) = a.recv() => sum += v,
            Some(v) = b.recv() => sum += v,
            _ = quit.recv() => unreachable!("nobody sends on quit"),
        }
    }
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn try_recv(n: u64) -> Duration {
    let (_open, mut rx) = mpsc::channel::<u64>(1);
    let begin = Instant::now();
    let missed = (0..n).filter(|_| rx.try_recv().is_err()).count();
    let took = begin.elapsed();
    assert_eq!(missed as u64, n, "a value came out of nowhere");
    took
}

async fn mutex(n: u64) -> Duration {
    let counter = Arc::new(Mutex::new(0));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let counter = Arc::clone(&counter);
        tasks.spawn(async move {
            for _ in 0..n / 8 {
                *counter.lock().await += 1;
            }
        });
    }
    tasks.join_all().await;
    let took = begin.elapsed();
    assert_eq!(*counter.lock().await, n, "an update was lost");
    took
}

async fn rwmutex(n: u64) -> Duration {
    let value = Arc::new(RwLock::new(1));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let value = Arc::clone(&value);
        tasks.spawn(async move {
            let mut sum = 0;
            for _ in 0..n / 8 {
                sum += *value.read().await;
            }
            sum
        });
    }
    let sum: u64 = tasks.join_all().await.into_iter().sum();
    let took = begin.elapsed();
    assert_eq!(sum, n, "a reader missed a turn");
    took
}

async fn ring(n: u64) -> Duration {
    let (first, mut last) = mpsc::channel(1);
    for _ in 1..RING {
        let (out, next) = mpsc::channel(1);
        let mut before = std::mem::replace(&mut last, next);
        tokio::spawn(async move {
            while let Some(v) = before.recv().await {
                out.send(v + 1).await.unwrap();
            }
        });
    }
    let begin = Instant::now();
    let mut token = 0;
    for _ in 0..n / RING {
        first.send(token).await.unwrap();
        token = 1 + last.recv().await.unwrap();
    }
    let took = begin.elapsed();
    assert_eq!(token, n, "the token missed a hop");
    took
}

async fn sleep(n: u64) -> Duration {
    let begin = Instant::now();
    for _ in 0..n / SLEEPERS {
        let nap = || tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
        let tasks: Vec<_> = (0..SLEEPERS).map(|_| nap()).collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
    begin.elapsed()
}

async fn skynet(n: u64) -> Duration {
    let begin = Instant::now();
    check_sum(skynet_node(0, n).await.unwrap(), n);
    begin.elapsed()
}

/// A task's own result takes the place of the channel to its parent: tokio's
/// way, and the faster one.
fn skynet_node(first: u64, leaves: u64) -> JoinHandle<u64> {
    tokio::spawn(async move {
        if leaves == 1 {
            return first;
        }
        let children = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
            .map(|i| skynet_node(first + i * leaves / 10, leaves / 10));
        let mut sum = 0;
        for child in children {
            sum += child.await.unwrap();
        }
        sum
    })
}

fn memory() -> f64 {
    let gate = Arc::new(Notify::new());
    let running = Arc::new(AtomicU64::new(0));
    let before = resident_bytes();
    for _ in 0..PARKED {
        let (gate, running) = (Arc::clone(&gate), Arc::clone(&running));
        tokio::spawn(async move {
            let opened = gate.notified();
            running.fetch_add(1, Ordering::Relaxed);
            opened.await;
        });
    }
    while running.load(Ordering::Relaxed) < PARKED {
        std::thread::sleep(Duration::from_millis(1));
    }
    let after = resident_bytes();
    gate.notify_waiters();
    (after - before) / PARKED as f64
}

async fn http() -> f64 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let hello = service_fn(|_| async {
                    Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(
                        b"Hello, World!\n",
                    ))))
                });
                // A peer that goes away in the middle is no news.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), hello)
                    .await;
            });
        }
    });
    tokio::task::spawn_blocking(move || requests(addr))
        .await
        .expect("wrk reports")
}
