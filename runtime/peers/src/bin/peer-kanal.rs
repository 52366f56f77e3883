//! kanal's async side on tokio's multi-thread runtime.
//!
//! Left out: select. A receive that tokio's `select!` drops because another
//! case won can already own a value, which is then gone: with two senders of
//! 100,000 values each, some are lost in every run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use marmota_peers::tasks::host;

marmota_peers::task_channels!(kanal::bounded_async, send, recv);

const TRIES: &[Bench] = &[Bench::timed("select-default", try_recv).note("try_recv")];

fn main() -> ExitCode {
    main_with(&[channels::CHANNELS, TRIES], host)
}

fn try_recv(n: u64) -> Duration {
    let (_open, rx) = kanal::bounded_async::<u64>(0);
    let begin = Instant::now();
    let missed = (0..n).filter(|_| rx.try_recv() == Ok(None)).count();
    let took = begin.elapsed();
    assert_eq!(missed as u64, n, "a value came out of nowhere");
    took
}
