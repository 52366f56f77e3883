//! A picture of a real run: a sender, a receiver, and one value too few.
//!
//! The deterministic runtime writes down what each goroutine did, and draws it.

use marmota::sim;

fn main() {
    let report = sim::run(|| {
        let (out, inbox) = marmota::chan(0);
        marmota::go(move || {
            out.send("one");
            out.send("two");
        });
        inbox.recv();
        inbox.recv();
        inbox.recv(); // for a value that nobody sends, and a close that nobody calls
    });
    println!("{report}");
}
