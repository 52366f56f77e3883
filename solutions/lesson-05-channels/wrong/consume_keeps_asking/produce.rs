//! Verdict: livelock. It asks again and again whether there is a value, in place of
//! waiting for one.

use marmota::chan::{Receiver, Sender, TryRecvError};

/// Sends each of `values` on `out`, in their order, and closes it.
pub fn produce<T>(values: Vec<T>, out: &Sender<T>) {
    for value in values {
        out.send(value);
    }
    out.close();
}

/// Receives from `input` until it is closed and nothing is left in it.
pub fn consume<T>(input: &Receiver<T>) -> Vec<T> {
    let mut came = Vec::new();
    loop {
        match input.try_recv() {
            Ok(value) => came.push(value),
            Err(TryRecvError::Empty) => marmota::runtime::gosched(),
            Err(TryRecvError::Closed) => return came,
        }
    }
}
