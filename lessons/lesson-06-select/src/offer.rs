//! Exercise 1: send or receive, but never wait.
//!
//! A program that measures itself must not be held up by whoever reads the figures:
//! what nobody takes is dropped. A [`select!`](marmota::select) with a `default`
//! does what can be done at this moment, and if that is nothing, the default.

use marmota::chan::{Receiver, Sender};

/// Sends `value` if that is possible at this moment, because there is room or
/// somebody waits for it, and says whether it was. `to` is open.
///
/// Graded: the answer, and that it was sent if the answer is yes; it never waits.
pub fn offer<T>(to: &Sender<T>, value: T) -> bool {
    let _ = (to, value);
    todo!("send, or else")
}

/// Receives everything that can be received at this moment: what is buffered, and
/// what others wait to send. A channel that is closed gives nothing more.
///
/// Graded: that nothing is left that was there; it never waits, and it ends.
pub fn drain<T>(from: &Receiver<T>) -> Vec<T> {
    let _ = from;
    todo!("receive again and again, until there is nothing")
}
