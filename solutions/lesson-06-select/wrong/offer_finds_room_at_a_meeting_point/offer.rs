//! Verdict: deadlock. It sends unless the buffer is full; a channel without a buffer
//! has none that could be, and the send waits.

use marmota::chan::{Receiver, Sender};
use marmota::select;

/// Sends `value` if that is possible at this moment, and says whether it was.
pub fn offer<T>(to: &Sender<T>, value: T) -> bool {
    let full = to.capacity() > 0 && to.len() == to.capacity();
    if !full {
        to.send(value);
    }
    !full
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
