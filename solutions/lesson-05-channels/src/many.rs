//! Exercise 2: many senders, and who closes?
//!
//! One more goroutine does: it waits for all producers and closes then. The caller
//! cannot, because it has to return first: the producers wait for a receiver, and
//! the receiver is whoever called.

use marmota::chan::{Receiver, Sender};
use marmota::sync::WaitGroup;

/// Sends as many values as it likes and then returns. It does not close.
pub type Producer<T> = Box<dyn FnOnce(&Sender<T>) + Send>;

/// Starts each of `producers` on a goroutine of its own, all on one channel, which
/// is closed when the last of them has returned.
pub fn start_all<T: Send + 'static>(producers: Vec<Producer<T>>) -> Receiver<T> {
    let (out, values) = marmota::chan(0);
    let group = WaitGroup::new();
    for producer in producers {
        let out = out.clone();
        group.go(move || producer(&out));
    }
    marmota::go(move || {
        group.wait();
        out.close();
    });
    values
}
