//! Verdict: deadlock. One goroutine calls the producers one after the other: right
//! values, no two at the same time.

use marmota::chan::{Receiver, Sender};

/// Sends as many values as it likes and then returns. It does not close.
pub type Producer<T> = Box<dyn FnOnce(&Sender<T>) + Send>;

/// Starts each of `producers` on a goroutine of its own, all on one channel, which
/// is closed when the last of them has returned.
pub fn start_all<T: Send + 'static>(producers: Vec<Producer<T>>) -> Receiver<T> {
    let (out, values) = marmota::chan(0);
    marmota::go(move || {
        for producer in producers {
            producer(&out);
        }
        out.close();
    });
    values
}
