//! UDP.

use super::common::{limits, socket};
use super::offload;
use super::source::{Source, refuse_in_sim};
use crate::netpoll::Side;
use crate::time::Instant;
use std::io;
use std::net::{self, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::panic::Location;
use std::time::Duration;

/// A UDP socket; as [`std::net::UdpSocket`], but what would block parks the
/// goroutine. Several goroutines may receive from one socket: each datagram goes
/// to one of them.
///
/// ```
/// use marmota::net::UdpSocket;
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let (a, b) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
///     a.send_to(b"hello", b.local_addr()?)?;
///     let mut buf = [0; 16];
///     let (n, from) = b.recv_from(&mut buf)?;
///     assert_eq!((&buf[..n], from), (&b"hello"[..], a.local_addr()?));
///     Ok(())
/// }
/// ```
pub struct UdpSocket {
    source: Source<net::UdpSocket>,
}

socket!(UdpSocket, net::UdpSocket);
limits!(UdpSocket);

/// A setting and its question, as std has them.
macro_rules! options {
    ($($(#[$doc:meta])* $set:ident, $get:ident: $t:ty;)*) => {
        impl UdpSocket {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// When the socket is closed, or the system's.
            pub fn $set(&self, value: $t) -> io::Result<()> {
                self.source.ask(|io| io.$set(value))
            }

            /// The setting of the same name.
            ///
            /// # Errors
            /// When the socket is closed, or the system's.
            pub fn $get(&self) -> io::Result<$t> {
                self.source.ask(|io| io.$get())
            }
        )*}
    };
}

options! {
    /// Allows sending to a broadcast address.
    set_broadcast, broadcast: bool;
    /// Sets the time to live of packets to come.
    set_ttl, ttl: u32;
    /// Whether this machine hears its own multicasts.
    set_multicast_loop_v4, multicast_loop_v4: bool;
    /// The time to live of multicasts.
    set_multicast_ttl_v4, multicast_ttl_v4: u32;
    /// Whether this machine hears its own multicasts, IPv6.
    set_multicast_loop_v6, multicast_loop_v6: bool;
}

impl UdpSocket {
    /// A socket at the first of the addresses that works; port 0 has the system
    /// choose one.
    ///
    /// # Errors
    /// The last address's.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(addrs: A) -> io::Result<UdpSocket> {
        refuse_in_sim("UdpSocket::bind");
        let io = net::UdpSocket::bind(&offload::addresses(addrs)?[..])?;
        io.set_nonblocking(true)?;
        let source = Source::new(io);
        Ok(UdpSocket { source })
    }

    /// Sets where `send` sends to, and from where alone `recv` receives.
    ///
    /// # Errors
    /// The last address's.
    pub fn connect<A: ToSocketAddrs>(&self, addrs: A) -> io::Result<()> {
        let addrs = offload::addresses(addrs)?;
        self.source.ask(|io| io.connect(&addrs[..]))
    }

    /// This end's address.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.local_addr())
    }

    /// The address it is connected to.
    ///
    /// # Errors
    /// When it is not, or the socket is closed.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.peer_addr())
    }

    /// Waits for a datagram; what does not fit into `buf` is lost.
    ///
    /// # Errors
    /// `TimedOut`; closed; the system's.
    #[track_caller]
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.recv_from(buf))
    }

    /// As `recv_from`, and leaves the datagram there.
    ///
    /// # Errors
    /// As `recv_from`.
    #[track_caller]
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.peek_from(buf))
    }

    /// Sends one datagram to the first of the addresses.
    ///
    /// # Errors
    /// `InvalidInput` when there is no address; `TimedOut`; closed; the system's.
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        let at = Location::caller();
        let Some(&addr) = offload::addresses(addr)?.first() else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "there is no address to send to",
            ));
        };
        self.source.op(Side::Write, at, |io| io.send_to(buf, addr))
    }

    /// Receives from the address it is connected to.
    ///
    /// # Errors
    /// As `recv_from`.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.recv(buf))
    }

    /// As `recv`, and leaves the datagram there.
    ///
    /// # Errors
    /// As `recv_from`.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.peek(buf))
    }

    /// Sends one datagram to the address it is connected to.
    ///
    /// # Errors
    /// When it is not connected; `TimedOut`; closed; the system's.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source
            .op(Side::Write, Location::caller(), |io| io.send(buf))
    }

    /// Joins a multicast group on the interface with that address (or any).
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn join_multicast_v4(&self, group: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.source.ask(|io| io.join_multicast_v4(group, interface))
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn leave_multicast_v4(&self, group: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.source
            .ask(|io| io.leave_multicast_v4(group, interface))
    }

    /// Joins a multicast group on the interface with that number (or any: 0).
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source.ask(|io| io.join_multicast_v6(group, interface))
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source
            .ask(|io| io.leave_multicast_v6(group, interface))
    }
}
