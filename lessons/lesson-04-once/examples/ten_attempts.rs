//! `Once`, called by ten goroutines (seed program 002-5).
//!
//! All ten try, each with a function of its own. One of these functions runs: that of
//! whoever came first.

use std::sync::Arc;

use marmota::sync::{Once, WaitGroup};

#[marmota::main]
fn main() {
    let (once, group) = (Arc::new(Once::new()), WaitGroup::new());
    for i in 0..10 {
        let once = Arc::clone(&once);
        group.go(move || {
            println!("goroutine {i} tries");
            once.call_once(|| println!("the function runs, from goroutine {i}"));
        });
    }
    group.wait();
}
