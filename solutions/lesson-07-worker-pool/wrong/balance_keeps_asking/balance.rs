//! Verdict: livelock. It asks one server after the other, round and round, as long as all
//! are busy.

use marmota::chan::{Receiver, Sender};
use marmota::runtime::gosched;

/// Hands each request to a server that can take it; closes the servers' channels at the
/// end.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    for request in requests {
        while !servers
            .iter()
            .any(|server| server.try_send(request.clone()).is_ok())
        {
            gosched();
        }
    }
    servers.iter().for_each(Sender::close);
}
