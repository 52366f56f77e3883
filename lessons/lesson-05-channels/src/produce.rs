//! Exercise 1: one sends, one receives.
//!
//! A [`Sender`] can only send, a [`Receiver`] can only receive: what a function may
//! do with a channel stands in its signature. Who sends also says when it is over:
//! `close` is the last thing that goes through a channel.

use marmota::chan::{Receiver, Sender};

/// Sends each of `values` on `out`, in their order, and then says that no more will
/// come.
///
/// Graded: each value arrives, once and in order; after the last one the channel is
/// closed, also when there are no values.
pub fn produce<T>(values: Vec<T>, out: &Sender<T>) {
    let _ = (values, out);
    todo!("send them, then close")
}

/// Receives from `input` until it is closed and nothing is left in it. Returns what
/// came, in order.
///
/// Graded: everything that was sent is there, also what was sent long before and
/// what comes an hour later; an empty channel is waited for, and nobody is busy
/// meanwhile.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    let _ = input;
    todo!("receive until the end")
}
