//! Nanoseconds per operation of `select!` and the channels under it.
//!
//! `GOMAXPROCS=1 cargo run --release -p marmota --example bench_select`

use marmota::{chan, go, select};
use std::time::Instant;

fn best(name: &str, n: u32, f: impl Fn(u32)) {
    f(n / 10);
    let best = (0..7)
        .map(|_| {
            let begin = Instant::now();
            f(n);
            begin.elapsed().as_nanos() as f64 / f64::from(n)
        })
        .fold(f64::MAX, f64::min);
    println!("{name:28} {best:8.2} ns");
}

#[marmota::main]
fn main() {
    best("unbuffered, per value", 1_000_000, |n| {
        let (tx, rx) = chan(0);
        go(move || {
            (0..n).for_each(|i| tx.send(i));
            tx.close();
        });
        assert_eq!(rx.iter().count(), n as usize);
    });
    best("buffer 128, per value", 3_000_000, |n| {
        let (tx, rx) = chan(128);
        go(move || {
            (0..n).for_each(|i| tx.send(i));
            tx.close();
        });
        assert_eq!(rx.iter().count(), n as usize);
    });
    best("select over 3, per value", 1_000_000, |n| {
        let ((a_tx, a), (b_tx, b), (_quit, quit)) = (chan(0), chan(0), chan::<()>(0));
        for tx in [a_tx, b_tx] {
            go(move || (0..n / 2).for_each(|i| tx.send(i)));
        }
        let mut sum = 0u64;
        for _ in 0..n / 2 * 2 {
            select! {
                v = <-a => sum += u64::from(v.unwrap()),
                v = <-b => sum += u64::from(v.unwrap()),
                <-quit => unreachable!("nobody sends"),
            }
        }
        std::hint::black_box(sum);
    });
    best("select with default, empty", 30_000_000, |n| {
        let (_tx, rx) = chan::<u32>(0);
        for _ in 0..n {
            select! { v = <-rx => unreachable!("{v:?}"), default => {} }
        }
    });
    best("3 cases with default, empty", 10_000_000, |n| {
        let (tx, rx) = chan::<u32>(0);
        let (_quit, quit) = chan::<u32>(0);
        for _ in 0..n {
            select! {
                v = <-rx => unreachable!("{v:?}"),
                <-quit => unreachable!(),
                tx <- 1 => unreachable!(),
                default => {}
            }
        }
    });
    best("try_recv, empty", 30_000_000, |n| {
        let (_tx, rx) = chan::<u32>(0);
        for _ in 0..n {
            std::hint::black_box(rx.try_recv().is_err());
        }
    });
    best("select with time::after", 300_000, |n| {
        let (tx, rx) = chan(0);
        go(move || (0..n).for_each(|i| tx.send(i)));
        for _ in 0..n {
            select! {
                v = <-rx => assert!(v.is_some()),
                <-marmota::time::after(std::time::Duration::from_secs(60)) => unreachable!(),
            }
        }
    });
}
