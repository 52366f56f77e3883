//! Verdict: deadlock. The servers take turns: a request waits for the one whose turn it is,
//! however busy that one is.

use marmota::chan::{Receiver, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for (i, request) in requests.iter().enumerate() {
        servers[i % servers.len()].send(request);
    }
    servers.iter().for_each(Sender::close);
}
