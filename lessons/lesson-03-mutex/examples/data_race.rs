//! A data race on one variable (seed program 003-7), and three ways out of it.
//!
//! In Go any variable may be shared without a lock. Safe Rust has no such variable:
//! `RaceCell` is one for learning, and the race detector watches it. The detector
//! does not wait for a wrong result. Two accesses, one of them a write, and nothing
//! that orders them: that is the race, whichever came first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use marmota::race::RaceCell;
use marmota::sim;
use marmota::sync::Mutex;

// ANCHOR: race
fn nothing_in_between() {
    let balance = Arc::new(RaceCell::new(100));
    let theirs = Arc::clone(&balance);
    let other = marmota::spawn(move || theirs.set(theirs.get() - 30));
    balance.set(balance.get() + 50);
    other.join().expect("it only subtracts");
    assert_eq!(balance.get(), 120);
}
// ANCHOR_END: race

// ANCHOR: ways_out
fn a_mutex() {
    let balance = Arc::new(Mutex::new(100));
    let theirs = Arc::clone(&balance);
    let other = marmota::spawn(move || *theirs.lock() -= 30);
    *balance.lock() += 50;
    other.join().expect("it only subtracts");
    assert_eq!(*balance.lock(), 120);
}

fn an_atomic() {
    let balance = Arc::new(AtomicU32::new(100));
    let theirs = Arc::clone(&balance);
    let other = marmota::spawn(move || theirs.fetch_sub(30, Ordering::Relaxed));
    balance.fetch_add(50, Ordering::Relaxed);
    other.join().expect("it only subtracts");
    assert_eq!(balance.load(Ordering::Relaxed), 120);
}

fn a_channel() {
    // One goroutine owns the balance; the others tell it what to do.
    let (change, changes) = marmota::chan(0);
    let balance = marmota::spawn(move || changes.iter().take(2).fold(100, |sum, n: i32| sum + n));
    let theirs = change.clone();
    marmota::go(move || theirs.send(-30));
    change.send(50);
    assert_eq!(balance.join().expect("it only adds up"), 120);
}
// ANCHOR_END: ways_out

fn main() {
    println!("nothing in between\n{}\n", sim::explore(nothing_in_between));
    for (name, program) in [
        ("a Mutex", a_mutex as fn()),
        ("an atomic", an_atomic),
        ("a channel", a_channel),
    ] {
        println!("{name}: {}", sim::explore(program).verdict);
    }
}
