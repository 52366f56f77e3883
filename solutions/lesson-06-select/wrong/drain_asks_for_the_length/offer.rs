//! Verdict: wrong result. It takes as many as are buffered; those who wait to send are
//! not in the length.

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
    let there = from.len();
    from.iter().take(there).collect()
}
