//! Verdict: wrong result. A request that finds all servers busy is thrown away.

use marmota::chan::{Receiver, Select, Sender};

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for request in requests {
        let mut select = Select::new();
        for server in servers {
            select.send(server, request.clone());
        }
        let _whoever = select.try_wait().map(|selected| selected.index());
    }
    servers.iter().for_each(Sender::close);
}
