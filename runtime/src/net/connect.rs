//! Connecting without blocking the thread.
//!
//! std has no such call, so the socket is made and connected by hand: a
//! non-blocking connect begins, the goroutine waits until the socket is writable,
//! and the socket tells how it ended.

use super::error::timed_out;
use super::source::{Source, refuse_in_sim};
use crate::netpoll::Side;
use crate::sched::timers::NEVER;
use crate::sys;
use std::io::{self, Error};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::{SocketAddr as UnixAddr, UnixStream};
use std::panic::Location;
use std::time::Duration;

/// An address as the system wants it.
struct Raw {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl Raw {
    /// Room for any address, zeroed.
    fn empty() -> Raw {
        Raw {
            // SAFETY: plain data, for which zero is "unspecified".
            storage: unsafe { std::mem::zeroed() },
            len: 0,
        }
    }

    /// The room as an address of one family.
    fn view<T>(&mut self, len: usize) -> &mut T {
        const { assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>()) };
        self.len = len as libc::socklen_t;
        // SAFETY: the storage is as large and as aligned as any address, and plain
        // data.
        unsafe { &mut *(&raw mut self.storage).cast::<T>() }
    }

    fn ip(addr: &SocketAddr) -> Raw {
        let mut raw = Raw::empty();
        match addr {
            SocketAddr::V4(addr) => {
                let to: &mut libc::sockaddr_in = raw.view(size_of::<libc::sockaddr_in>());
                to.sin_family = libc::AF_INET as _;
                to.sin_port = addr.port().to_be();
                to.sin_addr.s_addr = u32::from_ne_bytes(addr.ip().octets());
            }
            SocketAddr::V6(addr) => {
                let to: &mut libc::sockaddr_in6 = raw.view(size_of::<libc::sockaddr_in6>());
                to.sin6_family = libc::AF_INET6 as _;
                to.sin6_port = addr.port().to_be();
                to.sin6_addr.s6_addr = addr.ip().octets();
                to.sin6_flowinfo = addr.flowinfo();
                to.sin6_scope_id = addr.scope_id();
            }
        }
        raw
    }

    fn unix(addr: &UnixAddr) -> io::Result<Raw> {
        let mut raw = Raw::empty();
        let start = std::mem::offset_of!(libc::sockaddr_un, sun_path);
        // A path ends with a zero byte; an abstract name begins with one.
        let (name, skip) = match addr.as_pathname() {
            Some(path) => (path.as_os_str().as_encoded_bytes(), 0),
            None => (abstract_name(addr)?, 1),
        };
        let to: &mut libc::sockaddr_un = raw.view(start + name.len() + 1);
        to.sun_family = libc::AF_UNIX as _;
        // An address of std's is known to fit.
        for (to, from) in to.sun_path[skip..].iter_mut().zip(name) {
            *to = *from as _;
        }
        Ok(raw)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn abstract_name(addr: &UnixAddr) -> io::Result<&[u8]> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    addr.as_abstract_name().ok_or_else(unnamed)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn abstract_name(_: &UnixAddr) -> io::Result<&[u8]> {
    Err(unnamed())
}

fn unnamed() -> Error {
    Error::new(
        io::ErrorKind::InvalidInput,
        "an unnamed socket cannot be connected to",
    )
}

/// A non-blocking stream socket that no child inherits.
fn socket(family: i32) -> io::Result<OwnedFd> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let kind = libc::SOCK_STREAM;
    // SAFETY: no preconditions.
    let fd = unsafe { libc::socket(family, kind, 0) };
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: new, and ours.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: the descriptor is ours.
    unsafe {
        libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK);
    }
    Ok(fd)
}

/// Begins to connect. The outcome is the system's: see connect(2).
fn begin(fd: i32, to: &Raw) -> io::Result<()> {
    loop {
        let at = (&raw const to.storage).cast();
        // SAFETY: `len` bytes of the storage are the address.
        if unsafe { libc::connect(fd, at, to.len) } == 0 {
            return Ok(());
        }
        let error = Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Connects to one address.
pub(super) fn tcp(
    addr: &SocketAddr,
    limit: Option<Duration>,
    at: &'static Location<'static>,
) -> io::Result<Source<TcpStream>> {
    refuse_in_sim("TcpStream::connect");
    let until = limit.map_or(NEVER, |limit| {
        let ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        sys::monotonic_ns().saturating_add(ns).min(NEVER - 1)
    });
    let family = if addr.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    let source = Source::new(TcpStream::from(socket(family)?));
    let mut seen = source.seen(Side::Write);
    match begin(source.io().as_raw_fd(), &Raw::ip(addr)) {
        Ok(()) => return Ok(source),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    loop {
        source.wait(Side::Write, seen, until, at)?;
        seen = source.seen(Side::Write);
        if let Some(error) = source.io().take_error()? {
            return Err(match error.raw_os_error() {
                // The system's own time limit.
                Some(libc::ETIMEDOUT) => timed_out(),
                _ => error,
            });
        }
        // An event may be about something else: then we are not connected yet.
        match source.io().peer_addr() {
            Ok(_) => return Ok(source),
            Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Connects to a Unix socket. That is done or refused at once, unless the
/// listener's queue is full: there is no event for its end, so a helper thread
/// waits for it in a blocking connect.
pub(super) fn unix(addr: &UnixAddr) -> io::Result<Source<UnixStream>> {
    refuse_in_sim("UnixStream::connect");
    let raw = Raw::unix(addr)?;
    let stream = UnixStream::from(socket(libc::AF_UNIX)?);
    match begin(stream.as_raw_fd(), &raw) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => {
            stream.set_nonblocking(false)?;
            crate::runtime::blocking(|| begin(stream.as_raw_fd(), &raw))?;
            stream.set_nonblocking(true)?;
        }
        Err(error) => return Err(error),
    }
    Ok(Source::new(stream))
}
