//! Channels: there and back, one to one, many to many, selected over, round in a ring.

use std::time::{Duration, Instant};

use marmota::{chan, go, select, sync::WaitGroup};
use marmota_peers::harness::{Bench, check_sum};
use marmota_peers::rows::{BUFFER, RING};

pub const ROWS: &[Bench] = &[
    Bench::timed("pingpong", pingpong),
    Bench::timed("one-to-one", |n| one_to_one(0, n)),
    Bench::timed("buffered", |n| one_to_one(BUFFER, n)),
    Bench::timed("many-to-many", many_to_many),
    Bench::timed("select", select_three),
    Bench::timed("select-default", select_default),
    Bench::timed("ring", ring),
];

fn pingpong(n: u64) -> Duration {
    let (ping, pings) = chan(0);
    let (pong, pongs) = chan(0);
    go(move || {
        for v in pings {
            pong.send(v);
        }
        pong.close();
    });
    let begin = Instant::now();
    for i in 0..n {
        ping.send(i);
        pongs.recv();
    }
    let took = begin.elapsed();
    ping.close();
    pongs.recv();
    took
}

fn one_to_one(capacity: usize, n: u64) -> Duration {
    let (tx, rx) = chan(capacity);
    let begin = Instant::now();
    go(move || {
        for i in 0..n {
            tx.send(i);
        }
        tx.close();
    });
    let sum = rx.into_iter().sum();
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn many_to_many(n: u64) -> Duration {
    let (tx, rx) = chan(BUFFER);
    let (sums, totals) = chan(4);
    let senders = WaitGroup::new();
    let begin = Instant::now();
    for first in (0..4).map(|sender| sender * (n / 4)) {
        let tx = tx.clone();
        senders.go(move || (first..first + n / 4).for_each(|i| tx.send(i)));
    }
    for _ in 0..4 {
        let (rx, sums) = (rx.clone(), sums.clone());
        go(move || sums.send(rx.into_iter().sum::<u64>()));
    }
    senders.wait();
    tx.close();
    let sum = totals.iter().take(4).sum();
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn select_three(n: u64) -> Duration {
    let ((a_tx, a), (b_tx, b), (_quit, quit)) = (chan(0), chan(0), chan::<()>(0));
    let begin = Instant::now();
    for (tx, first) in [(a_tx, 0), (b_tx, n / 2)] {
        go(move || (first..first + n / 2).for_each(|i| tx.send(i)));
    }
    let mut sum = 0;
    for _ in 0..n {
        sum += select! {
            v = <-a => v,
            v = <-b => v,
            <-quit => unreachable!("nobody sends on quit"),
        }
        .expect("nobody closes the channels");
    }
    let took = begin.elapsed();
    check_sum(sum, n);
    took
}

fn select_default(n: u64) -> Duration {
    let (_tx, rx) = chan::<u64>(0);
    let mut missed = 0;
    let begin = Instant::now();
    for _ in 0..n {
        select! {
            <-rx => {},
            default => missed += 1,
        }
    }
    let took = begin.elapsed();
    assert_eq!(missed, n, "a value came out of nowhere");
    took
}

fn ring(n: u64) -> Duration {
    let (first, mut last) = chan(0);
    for _ in 1..RING {
        let (out, next) = chan(0);
        let before = std::mem::replace(&mut last, next);
        go(move || {
            for v in before {
                out.send(v + 1);
            }
            out.close();
        });
    }
    // This goroutine is the ring's last member: it closes the circle.
    let begin = Instant::now();
    let mut token = 0;
    for _ in 0..n / RING {
        first.send(token);
        token = 1 + last.recv().expect("the ring is open");
    }
    let took = begin.elapsed();
    assert_eq!(token, n, "the token missed a hop");
    first.close();
    last.recv();
    took
}
