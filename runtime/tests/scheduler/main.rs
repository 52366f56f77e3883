//! What the scheduler promises to code that does not cooperate: preemption, blocking
//! calls, threads, and the ends of programs that have to do with them.

#[path = "../common/child.rs"]
mod common;

mod blocking;
mod diagnosis;
mod ends;
mod preemption;
mod threads;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

fn main() {
    let programs = [
        preemption::PROGRAMS,
        blocking::PROGRAMS,
        ends::PROGRAMS,
        threads::PROGRAMS,
        diagnosis::PROGRAMS,
    ];
    let tests = [
        preemption::TESTS,
        blocking::TESTS,
        ends::TESTS,
        threads::TESTS,
        diagnosis::TESTS,
    ];
    common::run_all(programs.into_iter().flatten(), tests.into_iter().flatten());
}

const WIDTHS: [&str; 3] = ["1", "2", "8"];

/// Runs user code only, until `flag` is set.
fn spin_until(flag: &AtomicBool) {
    while !flag.load(SeqCst) {
        std::hint::spin_loop();
    }
}
