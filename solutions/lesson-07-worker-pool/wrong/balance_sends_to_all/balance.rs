//! Verdict: wrong result. Every server gets every request.

use marmota::chan::{Receiver, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for request in requests {
        servers
            .iter()
            .for_each(|server| server.send(request.clone()));
    }
    servers.iter().for_each(Sender::close);
}
