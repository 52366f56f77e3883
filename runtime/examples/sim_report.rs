//! Two locks in opposite orders, as a deterministic run reports it; with a file
//! name, the lane picture is also written there as SVG.
//!
//! ```text
//! cargo run -p marmota --example sim_report [picture.svg]
//! ```

use marmota::sim;
use marmota::sync::{Mutex, WaitGroup};
use std::sync::Arc;

fn main() {
    let report = sim::explore(|| {
        let (left, right) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
        let group = WaitGroup::new();
        let (first, second) = (left.clone(), right.clone());
        group.go(move || {
            let a = first.lock();
            let b = second.lock();
            assert_eq!(*a + *b, 3);
        });
        group.go(move || {
            let b = right.lock();
            let a = left.lock();
            assert_eq!(*a + *b, 3);
        });
        group.wait();
    });
    println!("{report}");
    if let (Some(path), Some(trace)) = (std::env::args().nth(1), &report.trace)
        && let Err(error) = std::fs::write(&path, trace.svg())
    {
        eprintln!("cannot write {path}: {error}; name a file in a folder that exists");
        std::process::exit(1);
    }
}
