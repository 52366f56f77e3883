//! Verdict: wrong result. `pop` takes from the end of the list: everything arrives, in
//! the wrong order.

use marmota::chan::{Receiver, Sender};

/// Sends each of `values` on `out`, in their order, and closes it.
pub fn produce<T>(mut values: Vec<T>, out: &Sender<T>) {
    while let Some(value) = values.pop() {
        out.send(value);
    }
    out.close();
}

/// Receives from `input` until it is closed and nothing is left in it.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    input.iter().collect()
}
