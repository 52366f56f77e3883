//! Starting, yielding, sleeping, and a tree of goroutines.

use std::time::{Duration, Instant};

use marmota::chan::Sender;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{chan, go, time};
use marmota_peers::harness::{Bench, check_sum};
use marmota_peers::rows::SLEEPERS;

pub const ROWS: &[Bench] = &[
    Bench::timed("start", start),
    // Go's Gosched goes to the tail of the global queue and so always meets the
    // others. Ours goes to the tail of the P's own queue, and to nobody when that
    // is empty: with one goroutine on one P and three on the other, the one
    // returns at once from every call, and the best run is the most uneven one.
    Bench::timed("gosched", yielding).note_from(
        2,
        "a goroutine alone on its P returns without a switch, which Go's does not",
    ),
    Bench::timed("sleep", sleep),
    Bench::timed("skynet", skynet),
];

fn start(n: u64) -> Duration {
    let wg = WaitGroup::new();
    let begin = Instant::now();
    wg.add(n as isize);
    for _ in 0..n {
        let wg = wg.clone();
        go(move || wg.done());
    }
    wg.wait();
    begin.elapsed()
}

fn yielding(n: u64) -> Duration {
    let wg = WaitGroup::new();
    let begin = Instant::now();
    for _ in 0..4 {
        wg.go(move || (0..n / 4).for_each(|_| gosched()));
    }
    wg.wait();
    begin.elapsed()
}

fn sleep(n: u64) -> Duration {
    let wg = WaitGroup::new();
    let begin = Instant::now();
    for _ in 0..n / SLEEPERS {
        for _ in 0..SLEEPERS {
            wg.go(|| time::sleep(Duration::from_millis(1)));
        }
        wg.wait();
    }
    begin.elapsed()
}

fn skynet(n: u64) -> Duration {
    let begin = Instant::now();
    let (tx, rx) = chan(0);
    go(move || skynet_node(tx, 0, n));
    check_sum(rx.recv().expect("nobody closes the channel"), n);
    begin.elapsed()
}

fn skynet_node(parent: Sender<u64>, first: u64, leaves: u64) {
    if leaves == 1 {
        return parent.send(first);
    }
    let (tx, children) = chan(0);
    for i in 0..10 {
        let tx = tx.clone();
        go(move || skynet_node(tx, first + i * leaves / 10, leaves / 10));
    }
    parent.send(children.iter().take(10).sum());
}
