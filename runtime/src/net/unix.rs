//! Unix sockets.

use super::common::{limits, socket, stream};
use super::connect;
use super::source::{Source, refuse_in_sim};
use crate::netpoll::Side;
use crate::time::Instant;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::panic::Location;
use std::path::Path;
use std::time::Duration;

/// A Unix socket that listens; as [`std::os::unix::net::UnixListener`], but
/// `accept` parks the goroutine. The file stays when it is closed, as with std's
/// (Go removes it).
pub struct UnixListener {
    source: Source<net::UnixListener>,
}

socket!(UnixListener, net::UnixListener);

impl UnixListener {
    /// Listens at `path`, which must not exist.
    ///
    /// # Errors
    /// `AddrInUse` when it does; the system's.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        Self::bind_addr(&SocketAddr::from_pathname(path)?)
    }

    /// As `bind`, at an address, which may be abstract.
    ///
    /// # Errors
    /// As `bind`.
    ///
    /// # Panics
    /// As `bind`.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        refuse_in_sim("UnixListener::bind");
        let io = net::UnixListener::bind_addr(addr)?;
        io.set_nonblocking(true)?;
        let source = Source::new(io);
        Ok(UnixListener { source })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.local_addr())
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// `TimedOut` after the deadline; closed; the system's.
    #[track_caller]
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (io, addr) = self
            .source
            .op(Side::Read, Location::caller(), |io| io.accept())?;
        io.set_nonblocking(true)?;
        let source = Source::new(io);
        Ok((UnixStream { source }, addr))
    }

    /// The connections to come, without end.
    pub fn incoming(&self) -> UnixIncoming<'_> {
        UnixIncoming { listener: self }
    }
}

/// See [`UnixListener::incoming`].
#[derive(Debug)]
#[must_use = "iterators do nothing unless consumed"]
pub struct UnixIncoming<'a> {
    listener: &'a UnixListener,
}

impl Iterator for UnixIncoming<'_> {
    type Item = io::Result<UnixStream>;
    #[track_caller]
    fn next(&mut self) -> Option<io::Result<UnixStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl std::iter::FusedIterator for UnixIncoming<'_> {}

/// A Unix stream socket; as [`std::os::unix::net::UnixStream`], but what would
/// block parks the goroutine.
///
/// ```
/// use marmota::net::UnixStream;
/// use std::io::{Read, Write};
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let (mut a, mut b) = UnixStream::pair()?;
///     marmota::go(move || a.write_all(b"hello").expect("write"));
///     let mut text = String::new();
///     b.read_to_string(&mut text)?;
///     assert_eq!(text, "hello");
///     Ok(())
/// }
/// ```
pub struct UnixStream {
    source: Source<net::UnixStream>,
}

socket!(UnixStream, net::UnixStream);
limits!(UnixStream);
stream!(UnixStream);

impl UnixStream {
    /// Connects to the listener at `path`.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        Self::connect_addr(&SocketAddr::from_pathname(path)?)
    }

    /// As `connect`, to an address, which may be abstract.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// As `connect`.
    #[track_caller]
    pub fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        let source = connect::unix(addr)?;
        Ok(UnixStream { source })
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// As `connect`.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        refuse_in_sim("UnixStream::pair");
        let (a, b) = net::UnixStream::pair()?;
        a.set_nonblocking(true)?;
        b.set_nonblocking(true)?;
        let (a, b) = (Source::new(a), Source::new(b));
        Ok((UnixStream { source: a }, UnixStream { source: b }))
    }

    /// This end's address.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.local_addr())
    }

    /// The peer's address.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.ask(|io| io.peer_addr())
    }
}

/// A Unix datagram socket; as [`std::os::unix::net::UnixDatagram`], but what would
/// block parks the goroutine.
///
/// ```
/// use marmota::net::UnixDatagram;
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let (a, b) = UnixDatagram::pair()?;
///     a.send(b"hello")?;
///     let mut buf = [0; 16];
///     let n = b.recv(&mut buf)?;
///     assert_eq!(&buf[..n], b"hello");
///     Ok(())
/// }
/// ```
pub struct UnixDatagram {
    source: Source<net::UnixDatagram>,
}

socket!(UnixDatagram, net::UnixDatagram);
limits!(UnixDatagram);

impl UnixDatagram {
    /// A socket at `path`, which must not exist.
    ///
    /// # Errors
    /// `AddrInUse` when it does; the system's.
    ///
    /// # Panics
    /// In a deterministic run ([`crate::sim`]), as everything here does.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        refuse_in_sim("UnixDatagram::bind");
        Self::of(net::UnixDatagram::bind(path)?)
    }

    /// A socket without a name: it can send, and receive when connected.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// As `bind`.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        refuse_in_sim("UnixDatagram::unbound");
        Self::of(net::UnixDatagram::unbound()?)
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// As `bind`.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        refuse_in_sim("UnixDatagram::pair");
        let (a, b) = net::UnixDatagram::pair()?;
        Ok((Self::of(a)?, Self::of(b)?))
    }

    fn of(io: net::UnixDatagram) -> io::Result<UnixDatagram> {
        io.set_nonblocking(true)?;
        let source = Source::new(io);
        Ok(UnixDatagram { source })
    }

    /// Sets where `send` sends to.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.source.ask(|io| io.connect(path))
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

    /// As `recv_from`, without asking who sent it.
    ///
    /// # Errors
    /// As `recv_from`.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source
            .op(Side::Read, Location::caller(), |io| io.recv(buf))
    }

    /// Sends one datagram to the socket at `path`.
    ///
    /// # Errors
    /// `TimedOut`; closed; the system's.
    #[track_caller]
    pub fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let path = path.as_ref();
        self.source
            .op_by_retrying(Side::Write, |io| io.send_to(buf, path))
    }

    /// Sends one datagram to the socket it is connected to.
    ///
    /// # Errors
    /// When it is not connected; `TimedOut`; closed; the system's.
    #[track_caller]
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source
            .op(Side::Write, Location::caller(), |io| io.send(buf))
    }

    /// Shuts one direction down, or both.
    ///
    /// # Errors
    /// When the socket is closed, or the system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.source.ask(|io| io.shutdown(how))
    }
}
