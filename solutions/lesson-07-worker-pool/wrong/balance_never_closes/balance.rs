//! Verdict: leak. Nobody tells the servers that there is no more: they wait for ever.

use marmota::chan::{Receiver, Select, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for request in requests {
        let mut select = Select::new();
        for server in servers {
            select.send(server, request.clone());
        }
        let _whoever = select.wait().index();
    }
}
