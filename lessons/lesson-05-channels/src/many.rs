//! Exercise 2: many senders, and who closes?
//!
//! A sender says that no more will come. With several senders none of them can say
//! so: a channel is closed once, and a send on a closed one panics. So somebody
//! else has to close it, and has to know when.
//!
//! What you need: [`marmota::chan()`], and something that waits for many.

use marmota::chan::{Receiver, Sender};

/// Sends as many values as it likes and then returns. It does not close.
pub type Producer<T> = Box<dyn FnOnce(&Sender<T>) + Send>;

/// Starts each of `producers` on a goroutine of its own, all on one channel that
/// holds no values itself (capacity 0), and returns the receiving end at once.
///
/// Graded: everything that was sent arrives; it returns although nobody has
/// received yet; producers may wait for each other; the channel is closed when the
/// last of them has returned, and not before; then nothing is left running.
pub fn start_all<T: Send + 'static>(producers: Vec<Producer<T>>) -> Receiver<T> {
    let _ = producers;
    todo!("start them all, and see to it that somebody closes")
}
