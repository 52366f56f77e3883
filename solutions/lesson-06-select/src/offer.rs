//! Exercise 1: send or receive, but never wait.
//!
//! The default is taken when no other case can go on at this moment. A closed channel
//! can: it gives `None`, at once and for ever, which is a second way out of the loop.

use marmota::chan::{Receiver, Sender};
use marmota::select;

/// Sends `value` if that is possible at this moment, and says whether it was.
pub fn offer<T>(to: &Sender<T>, value: T) -> bool {
    select! {
        to <- value => true,
        default => false,
    }
}

/// Receives everything that can be received at this moment.
pub fn drain<T>(from: &Receiver<T>) -> Vec<T> {
    let mut there = Vec::new();
    loop {
        select! {
            value = <-from => match value {
                Some(value) => there.push(value),
                None => return there,
            },
            default => return there,
        }
    }
}
