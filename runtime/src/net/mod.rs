//! Networking for goroutines: TCP, UDP and Unix sockets.
//!
//! Names and traits are std's, so code moves over by changing an import; what
//! would block a thread there parks the goroutine here, and ten thousand idle
//! connections are ten thousand parked goroutines on a handful of threads. On a
//! plain thread, outside of any runtime, the same types block as std's do.
//!
//! Beyond std, from Go's package `net`: deadlines (`set_deadline` and its two
//! halves), which also reach operations that wait already, and `close`, which
//! ends them. Both time limits and deadlines fail with [`TimedOut`]; an operation
//! on a closed socket with an error that [`is_closed`] knows.
//!
//! In a deterministic run ([`crate::sim`]) everything here panics and says so:
//! the network answers differently each time, so no schedule could be replayed.
//! Have the code under test take anything that is `Read + Write`.
//!
//! ```text
//!   tcp.rs udp.rs unix.rs   the types; common.rs what they share in words
//!   source.rs               try, wait, try again; closing
//!   connect.rs offload.rs   what std has only in a blocking form: connecting, names
//! ```
//!
//! [`TimedOut`]: std::io::ErrorKind::TimedOut

mod common;
mod connect;
mod error;
mod offload;
mod source;
mod tcp;
mod udp;
mod unix;

pub use error::{ClosedError, is_closed};
pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    ToSocketAddrs,
};
pub use tcp::{Incoming, TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixDatagram, UnixIncoming, UnixListener, UnixStream};
