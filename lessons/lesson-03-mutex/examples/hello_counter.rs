//! Ten goroutines that print a counter and ten that increment it, three ways.
//!
//! `nothing` (seed program 004-2): no lock at all. A race, and the detector says where.
//! `inside` (004-3): each goroutine locks for itself. No race, but still no order: a
//! number may be printed twice, or never.
//! `before` (004-4): main locks, starts a goroutine, and the goroutine unlocks. All
//! comes in order, since nobody runs beside anybody: the goroutines have become one
//! long loop. The guard moves into the goroutine, so it is one that may leave the
//! function: an owned guard.

use std::sync::Arc;

use marmota::race::RaceCell;
use marmota::sim;
use marmota::sync::{RwMutex, WaitGroup};

// ANCHOR: nothing
fn nothing() {
    let (counter, group) = (Arc::new(RaceCell::new(0)), WaitGroup::new());
    for _ in 0..10 {
        let (read, write) = (Arc::clone(&counter), Arc::clone(&counter));
        group.go(move || println!("hello #{}", read.get()));
        group.go(move || write.update(|n| n + 1));
    }
    group.wait();
}
// ANCHOR_END: nothing

// ANCHOR: inside
fn inside() {
    let (counter, group) = (Arc::new(RwMutex::new(0)), WaitGroup::new());
    for _ in 0..10 {
        let (read, write) = (Arc::clone(&counter), Arc::clone(&counter));
        group.go(move || println!("hello #{}", read.read()));
        group.go(move || *write.write() += 1);
    }
    group.wait();
}
// ANCHOR_END: inside

// ANCHOR: before
fn before() {
    let (counter, group) = (Arc::new(RwMutex::new(0)), WaitGroup::new());
    for _ in 0..10 {
        let seen = counter.read_owned();
        group.go(move || println!("hello #{seen}"));
        let mut next = counter.write_owned();
        group.go(move || *next += 1);
    }
    group.wait();
}
// ANCHOR_END: before

fn main() {
    let program = match std::env::args().nth(1).as_deref() {
        Some("nothing") => nothing,
        Some("inside") => inside,
        Some("before") => before,
        _ => return println!("say which: nothing, inside or before"),
    };
    // One run; MARMOTA_SEED chooses another schedule.
    let report = sim::run(program);
    if !report.passed() {
        println!("{}", report.verdict);
    }
}
