//! crossbeam-channel on plain threads, one per goroutine of the row.
//!
//! Left out: rows with more goroutines than a system has threads to give.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, select};
use marmota_peers::harness::{Bench, check_sum, main_with};
use marmota_peers::threads::host;

marmota_peers::thread_channels!(crossbeam_channel::bounded);

const SELECTS: &[Bench] = &[
    Bench::timed("select", select_three),
    Bench::timed("select-default", select_default),
];

fn main() -> ExitCode {
    main_with(&[channels::CHANNELS, SELECTS], host)
}

fn select_three(n: u64) -> Duration {
    let (to_a, a) = bounded(0);
    let (to_b, b) = bounded(0);
    let (_open, quit) = bounded::<u64>(0);
    let begin = Instant::now();
    let sum = thread::scope(|s| {
        // The two ends here stay open, or the channel of the sender that ends
        // first would be ready for ever, with an error.
        for (tx, first) in [(&to_a, 0), (&to_b, n / 2)] {
            s.spawn(move || (first..first + n / 2).for_each(|i| tx.send(i).unwrap()));
        }
        let mut sum = 0;
        for _ in 0..n {
            select! {
                recv(a) -> v => sum += v.unwrap(),
                recv(b) -> v => sum += v.unwrap(),
                recv(quit) -> _ => unreachable!("nobody sends on quit"),
            }
        }
        sum
    });
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn select_default(n: u64) -> Duration {
    let (_open, rx) = bounded::<u64>(0);
    let mut missed = 0;
    let begin = Instant::now();
    for _ in 0..n {
        select! {
            recv(rx) -> _ => {}
            default => missed += 1,
        }
    }
    let took = begin.elapsed();
    assert_eq!(missed, n, "a value came out of nowhere");
    took
}
