//! Verdict: deadlock. Nobody says that the last value was the last: the receiver waits
//! for another one.

use marmota::chan::{Receiver, Sender};

/// Sends each of `values` on `out`, in their order, and closes it.
pub fn produce<T>(values: Vec<T>, out: &Sender<T>) {
    for value in values {
        out.send(value);
    }
}

/// Receives from `input` until it is closed and nothing is left in it.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    input.iter().collect()
}
