//! Verdict: deadlock. The last server is kept for emergencies, and none is ever
//! declared.

use marmota::chan::{Receiver, Select, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for request in requests {
        let mut select = Select::new();
        for server in servers.iter().take(servers.len() - 1) {
            select.send(server, request.clone());
        }
        let _whoever = select.wait().index();
    }
    servers.iter().for_each(Sender::close);
}
