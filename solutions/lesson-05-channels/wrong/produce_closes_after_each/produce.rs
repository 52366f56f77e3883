//! Verdict: panicked. It closes after the first value, and the second is sent on a
//! closed channel.

use marmota::chan::{Receiver, Sender};

/// Sends each of `values` on `out`, in their order, and closes it.
pub fn produce<T>(values: Vec<T>, out: &Sender<T>) {
    for value in values {
        out.send(value);
        out.close();
    }
}

/// Receives from `input` until it is closed and nothing is left in it.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    input.iter().collect()
}
