//! Verdict: leak. It closes the servers' channels when it has handed over the last
//! request: without any there is no last one.

use marmota::chan::{Receiver, Select, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    let mut next = requests.recv();
    while let Some(request) = next {
        let mut select = Select::new();
        for server in servers {
            select.send(server, request.clone());
        }
        let _whoever = select.wait().index();
        next = requests.recv();
        if next.is_none() {
            servers.iter().for_each(Sender::close);
        }
    }
}
