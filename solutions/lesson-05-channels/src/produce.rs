//! Exercise 1: one sends, one receives.
//!
//! Iterating over a receiver is Go's `for range`: it waits for each value and ends
//! at the close. Empty and closed are two things, and only `recv` (or a loop over
//! it) tells them apart by waiting.

use marmota::chan::{Receiver, Sender};

/// Sends each of `values` on `out`, in their order, and closes it.
pub fn produce<T>(values: Vec<T>, out: &Sender<T>) {
    for value in values {
        out.send(value);
    }
    out.close();
}

/// Receives from `input` until it is closed and nothing is left in it.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    input.iter().collect()
}
