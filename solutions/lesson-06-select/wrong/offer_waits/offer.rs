//! Verdict: deadlock. It sends, and a send waits for room or for a receiver.

use marmota::chan::{Receiver, Sender};
use marmota::select;

/// Sends `value` if that is possible at this moment, and says whether it was.
pub fn offer<T>(to: &Sender<T>, value: T) -> bool {
    to.send(value);
    true
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
