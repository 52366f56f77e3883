//! `add` in the wrong place, and the deterministic runtime finding the schedule that shows it.

use marmota::sync::WaitGroup;
use marmota::{go, sim};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

// ANCHOR: wrong
fn wrong() {
    let group = WaitGroup::new();
    let ended = Arc::new(AtomicU32::new(0));
    for _ in 0..3 {
        let (group, ended) = (group.clone(), ended.clone());
        go(move || {
            group.add(1); // too late: main may have looked already
            ended.fetch_add(1, SeqCst);
            group.done();
        });
    }
    group.wait();
    let n = ended.load(SeqCst);
    assert!(n == 3, "wait returned after {n} of 3");
}
// ANCHOR_END: wrong

// ANCHOR: right
fn right() {
    let group = WaitGroup::new();
    let ended = Arc::new(AtomicU32::new(0));
    for _ in 0..3 {
        let ended = ended.clone();
        group.go(move || {
            ended.fetch_add(1, SeqCst);
        });
    }
    group.wait();
    let n = ended.load(SeqCst);
    assert!(n == 3, "wait returned after {n} of 3");
}
// ANCHOR_END: right

// ANCHOR: explore
fn main() {
    println!("add in the goroutine:\n{}", sim::explore(wrong));
    println!("add before it starts:\n{}", sim::explore(right));
}
// ANCHOR_END: explore
