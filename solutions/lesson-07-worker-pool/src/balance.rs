//! Exercise 4: a load balancer.
//!
//! A select over all servers: it takes one that has room, any of them if there are
//! several, and parks if there is none. Each case holds a copy of the request, of
//! which one is sent.

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
    servers.iter().for_each(Sender::close);
}
