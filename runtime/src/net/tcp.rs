//! TCP.

use super::common::{limits, socket, stream};
use super::source::{Source, refuse_in_sim};
use super::{connect, offload};
use crate::netpoll::Side;
use crate::time::Instant;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr, ToSocketAddrs};
use std::panic::Location;
use std::time::Duration;

/// A TCP socket that listens; as [`std::net::TcpListener`], but `accept` parks the
/// goroutine. Several goroutines may accept from one listener.
///
/// ```
/// use marmota::net::{TcpListener, TcpStream};
/// use std::io::{Read, Write};
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let addr = listener.local_addr()?;
///     marmota::go(move || {
///         for stream in listener.incoming() {
///             let mut stream = stream.expect("accept");
///             marmota::go(move || stream.write_all(b"hello").expect("write"));
///         }
///     });
///     let mut text = String::new();
///     TcpStream::connect(addr)?.read_to_string(&mut text)?;
///     assert_eq!(text, "hello");
///     Ok(())
/// }
/// ```
pub struct TcpListener {
    source: Source<net::TcpListener>,
}

socket!(TcpListener, net::TcpListener);

impl TcpListener {
    /// Listens on the first of the addresses that works; port 0 has the system
    /// choose one. Resolving a name does not hold up other goroutines.
    ///
    /// # Errors
    /// The last address's.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(addrs: A) -> io::Result<TcpListener> {
        refuse_in_sim("TcpListener::bind");
        let io = net::TcpListener::bind(&offload::addresses(addrs)?[..])?;
        io.set_nonblocking(true)?;
        lengthen_queue(&io);
        let source = Source::new(io);
        Ok(TcpListener { source })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.local_addr())
    }

    /// Waits for the next connection, and gives it with the peer's address. One
    /// that its peer has given up meanwhile is passed over, as in Go.
    ///
    /// # Errors
    /// `TimedOut` after the deadline; closed; the system's, such as too many open
    /// files, after which another try may succeed.
    #[track_caller]
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let at = Location::caller();
        loop {
            match self.source.op(Side::Read, at, |io| io.accept()) {
                Ok((io, addr)) => {
                    io.set_nonblocking(true)?;
                    let source = Source::new(io);
                    return Ok((TcpStream { source }, addr));
                }
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The connections to come, without end; what `accept` gives, less the address.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// Sets the time to live of packets to come.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.ask(|io| io.set_ttl(ttl))
    }

    /// The time to live of packets.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.ask(|io| io.ttl())
    }
}

/// std has the system queue 128 connections; what comes beyond that is dropped and
/// tried again by the peer a second later. Goroutines connect by the thousand, so
/// the queue gets the system's full length, as Go's.
fn lengthen_queue(io: &net::TcpListener) {
    use std::os::fd::AsRawFd;
    // SAFETY: listening again only changes the length, which the system caps. It
    // cannot fail for a socket that listens.
    unsafe { libc::listen(io.as_raw_fd(), i32::MAX) };
}

/// See [`TcpListener::incoming`].
#[derive(Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = io::Result<TcpStream>;
    #[track_caller]
    fn next(&mut self) -> Option<io::Result<TcpStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl std::iter::FusedIterator for Incoming<'_> {}

/// A TCP connection; as [`std::net::TcpStream`], but what would block parks the
/// goroutine, and costs no thread. Reading and writing go through a shared
/// reference too, so one goroutine may read while another writes. A write is not
/// one unit: goroutines that write to one stream at the same time may interleave,
/// unlike Go's.
///
/// Once connected, it sends without delay only after [`set_nodelay`], as std's
/// does (Go's default is the other way round).
///
/// [`set_nodelay`]: TcpStream::set_nodelay
///
/// ```
/// use marmota::net::{TcpListener, TcpStream};
/// use std::io::{ErrorKind, Read};
/// use std::time::Duration;
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let mut stream = TcpStream::connect(listener.local_addr()?)?;
///     stream.set_read_timeout(Some(Duration::from_millis(5)))?;
///     let error = stream.read(&mut [0]).unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::TimedOut);
///     Ok(())
/// }
/// ```
pub struct TcpStream {
    source: Source<net::TcpStream>,
}

socket!(TcpStream, net::TcpStream);
limits!(TcpStream);
stream!(TcpStream);

impl TcpStream {
    /// Connects to the first of the addresses that answers. Neither resolving a
    /// name nor connecting holds up other goroutines.
    ///
    /// # Errors
    /// The last address's; `InvalidInput` when there is none.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(addrs: A) -> io::Result<TcpStream> {
        refuse_in_sim("TcpStream::connect");
        let at = Location::caller();
        let mut last = None;
        for addr in offload::addresses(addrs)? {
            match connect::tcp(&addr, None, at) {
                Ok(source) => return Ok(TcpStream { source }),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| {
            io::Error::new(ErrorKind::InvalidInput, "there is no address to connect to")
        }))
    }

    /// As `connect`, to one address, for at most `limit`.
    ///
    /// # Errors
    /// `TimedOut`; `InvalidInput` for a limit of zero; the system's.
    #[track_caller]
    pub fn connect_timeout(addr: &SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        if limit.is_zero() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "a time limit of zero would fail every connect; use connect for no limit",
            ));
        }
        let source = connect::tcp(addr, Some(limit), Location::caller())?;
        Ok(TcpStream { source })
    }

    /// The peer's address.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.peer_addr())
    }

    /// This end's address.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.local_addr())
    }

    /// Reads without taking away: the next read gives the same bytes.
    ///
    /// # Errors
    /// As reading.
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.peek(buf))
    }

    /// Whether small writes go out at once (`TCP_NODELAY`).
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.ask(|io| io.set_nodelay(nodelay))
    }

    /// Whether small writes go out at once.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.ask(|io| io.nodelay())
    }

    /// Sets the time to live of packets to come.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.ask(|io| io.set_ttl(ttl))
    }

    /// The time to live of packets.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.ask(|io| io.ttl())
    }
}
