//! A counter that a hundred goroutines share (the counter of seed program 001-1).
//!
//! `counter++` is three steps: read, add, write. If another goroutine comes between
//! the read and the write, its update is lost. Safe Rust does not let two goroutines
//! share a plain number; an atomic with a separate load and store shows the same
//! three steps without undefined behaviour. A lock makes them one, and so does
//! `fetch_add`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use marmota::runtime::gosched;
use marmota::sync::{Mutex, WaitGroup};

const GOROUTINES: u32 = 100;

fn in_each_goroutine(step: impl Fn() + Clone + Send + 'static) {
    let group = WaitGroup::new();
    for _ in 0..GOROUTINES {
        group.go(step.clone());
    }
    group.wait();
}

fn without_a_lock() -> u32 {
    let counter = Arc::new(AtomicU32::new(0));
    let shared = Arc::clone(&counter);
    in_each_goroutine(move || {
        let read = shared.load(Ordering::SeqCst);
        gosched(); // whatever may come between the two
        shared.store(read + 1, Ordering::SeqCst);
    });
    counter.load(Ordering::SeqCst)
}

fn with_a_mutex() -> u32 {
    let counter = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&counter);
    in_each_goroutine(move || {
        let mut counter = shared.lock();
        let read = *counter;
        gosched(); // nobody else gets in
        *counter = read + 1;
    });
    *counter.lock()
}

fn with_an_atomic() -> u32 {
    let counter = Arc::new(AtomicU32::new(0));
    let shared = Arc::clone(&counter);
    in_each_goroutine(move || {
        shared.fetch_add(1, Ordering::SeqCst);
    });
    counter.load(Ordering::SeqCst)
}

#[marmota::main]
fn main() {
    println!("without a lock: {} of {GOROUTINES}", without_a_lock());
    println!("with a Mutex:   {} of {GOROUTINES}", with_a_mutex());
    println!("with an atomic: {} of {GOROUTINES}", with_an_atomic());
}
