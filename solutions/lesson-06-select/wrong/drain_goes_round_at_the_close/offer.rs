//! Verdict: livelock. A closed channel is always ready, so the default, its only way
//! out, is never taken.

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
            value = <-from => there.extend(value),
            default => return there,
        }
    }
}
