//! Verdict: deadlock. All values arrive, and the receiver waits for another one for
//! ever.

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
    values
}
