//! Main hands out messages and goes on at once: have all of them been worked on?
//!
//! That the last send has returned means that a worker has *taken* the message. What it
//! has done with it, nobody knows. So this looks for an order in which main is ahead,
//! finds one, and prints it: a lane for each goroutine, time goes down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use marmota::sim;

// ANCHOR: main
fn main() {
    let report = sim::explore(|| {
        let printed = Arc::new(AtomicU32::new(0));
        let (tx, rx) = marmota::chan(0);
        for _ in 0..2 {
            let (rx, printed) = (rx.clone(), Arc::clone(&printed));
            marmota::go(move || {
                for _message in rx {
                    printed.fetch_add(1, Ordering::SeqCst); // in place of println!
                }
            });
        }
        for message in 0..3 {
            tx.send(message);
        }
        let by_now = printed.load(Ordering::SeqCst);
        assert_eq!(by_now, 3, "messages printed when main is through");
    });
    println!("{report}");
}
// ANCHOR_END: main
