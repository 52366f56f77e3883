//! Exercise 4: a load balancer.
//!
//! Sometimes the workers are not yours: each is a server with a queue of its own. In
//! front of them stands a balancer, which takes the requests and hands each to a
//! server that has room. To take turns is not enough: the one whose turn it is may be
//! busy while the others have nothing to do.
//!
//! How many servers there are is known when the program runs, so `select!` cannot list
//! them: see [`marmota::chan::Select`].

use marmota::chan::{Receiver, Sender};

/// Takes requests until their channel is closed and hands each to one of `servers`: any
/// that can take it now, or the first that can if none can now. Then closes the
/// channels of all servers and returns.
///
/// Graded: each request arrives once; a busy server holds up no request that another
/// could take; requests that find all busy wait, and keep nobody busy; the servers are
/// told when there is no more.
pub fn balance<T: Clone>(requests: &Receiver<T>, servers: &[Sender<T>]) {
    let _ = (requests, servers);
    todo!("for each request: a select over all servers")
}
