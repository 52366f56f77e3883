//! A flag is no `Once`: who comes second goes on before the first is done.
//!
//! Both programs run the start one time. In the one with the flag, whoever finds it
//! set goes on at once, and the start may just have begun.

use std::sync::Arc;
use std::time::Duration;

use marmota::sync::{Mutex, Once, WaitGroup, atomic};
use marmota::{sim, time};

// ANCHOR: flag
/// Runs `f`, unless somebody has begun to.
fn with_a_flag(begun: &atomic::Bool, f: impl FnOnce()) {
    if !begun.swap(true) {
        f();
    }
}
// ANCHOR_END: flag

/// Two goroutines, each of which needs what `connect` puts down.
fn two_use_it(start: impl Fn(&dyn Fn()) + Send + Sync + 'static) {
    let shared = Arc::new((start, Mutex::new(None)));
    let group = WaitGroup::new();
    for _ in 0..2 {
        let shared = Arc::clone(&shared);
        group.go(move || {
            let (start, connection) = &*shared;
            start(&|| {
                time::sleep(Duration::from_secs(1)); // it takes long to connect
                *connection.lock() = Some("a connection");
            });
            assert!(connection.lock().is_some(), "there is no connection yet");
        });
    }
    group.wait();
}

fn flag() {
    let begun = atomic::Bool::new(false);
    two_use_it(move |connect| with_a_flag(&begun, connect));
}

fn once() {
    let once = Once::new();
    two_use_it(move |connect| once.call_once(connect));
}

fn main() {
    println!("a flag: {}\n", sim::explore(flag));
    println!("a Once: {}", sim::explore(once));
}
