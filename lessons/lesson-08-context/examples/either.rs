//! A job is there and the context has ended: what does a select take?
//!
//! Either. So this looks for an order in which a worker takes a job that it was to leave
//! alone, finds one, and prints it: a lane for each goroutine, time goes down.

use marmota::sync::WaitGroup;
use marmota::{context, select, sim};

// ANCHOR: either
fn main() {
    let report = sim::explore(|| {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let (tx, jobs) = marmota::chan(1);
        let group = WaitGroup::new();
        group.go(move || {
            let (done, theirs) = (ctx.done(), ctx.clone());
            select! {
                _job = <-jobs => assert!(theirs.err().is_none(), "a job after the end"),
                <-done => {}
            }
        });
        cancel.cancel();
        tx.send("a job");
        group.wait();
    });
    println!("{report}");
}
// ANCHOR_END: either
