//! flume's async side on tokio's multi-thread runtime; its select is tokio's.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, check_sum, main_with};
use marmota_peers::tasks::{host, in_task};

marmota_peers::task_channels!(flume::bounded, send_async, recv_async);

const SELECTS: &[Bench] = &[
    Bench::timed("select", |n| in_task(select(n))),
    Bench::timed("select-default", try_recv).note("try_recv"),
];

fn main() -> ExitCode {
    main_with(&[channels::CHANNELS, SELECTS], host)
}

async fn select(n: u64) -> Duration {
    let (to_a, a) = flume::bounded(0);
    let (to_b, b) = flume::bounded(0);
    let (_open, quit) = flume::bounded::<u64>(0);
    let begin = Instant::now();
    for (tx, first) in [(to_a, 0), (to_b, n / 2)] {
        tokio::spawn(async move {
            for i in first..first + n / 2 {
                tx.send_async(i).await.unwrap();
            }
        });
    }
    let mut sum = 0;
    for _ in 0..n {
        tokio::select! {
            Ok(v) = a.recv_async() => sum += v,
            Ok(v) = b.recv_async() => sum += v,
            _ = quit.recv_async() => unreachable!("nobody sends on quit"),
        }
    }
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn try_recv(n: u64) -> Duration {
    let (_open, rx) = flume::bounded::<u64>(0);
    let begin = Instant::now();
    let missed = (0..n).filter(|_| rx.try_recv().is_err()).count();
    let took = begin.elapsed();
    assert_eq!(missed as u64, n, "a value came out of nowhere");
    took
}
