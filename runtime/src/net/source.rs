//! What all sockets share: a non-blocking socket of std's, and its `Desc`.
//!
//! An operation tries its system call; if that would block, the goroutine waits
//! for an event and tries again. The call itself runs outside of the runtime.
//!
//! **Closing.** `close` may come while others use the descriptor, and its number
//! must not go to somebody else under them. So an inert descriptor is put in its
//! place (dup2): that closes the socket at once, the number stays ours until the
//! handle is dropped, and nobody counts users. Calls that still run against the
//! number get the inert socket's error, which is reported as "closed".

use super::error::closed;
use crate::kernel;
use crate::netpoll::{Desc, Side};
use crate::sched::m::{self, Kind};
use crate::sched::timers::NEVER;
use crate::sys;
use crate::time::Instant;
use std::io::{self, ErrorKind};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub(super) struct Source<S: AsRawFd> {
    io: ManuallyDrop<S>,
    desc: &'static Desc,
    /// std's time limits, in nanoseconds; 0 is none.
    limits: [AtomicU64; 2],
    /// The events there had been, plus one, when a read took all there was.
    drained: AtomicU64,
}

/// A socket that is a stream of bytes.
pub(super) trait Stream: AsRawFd {
    /// Whether a read that leaves room has taken all there was. One of a Unix socket stops
    /// after bytes that came with descriptors, and at the end of a message if it was made
    /// from a socket that has messages.
    const SHORT_READ_DRAINS: bool;
}

impl Stream for std::net::TcpStream {
    const SHORT_READ_DRAINS: bool = true;
}

impl Stream for std::os::unix::net::UnixStream {
    const SHORT_READ_DRAINS: bool = false;
}

impl<S: AsRawFd> Source<S> {
    /// Takes a socket that is non-blocking.
    pub(super) fn new(io: S) -> Self {
        Source {
            io: ManuallyDrop::new(io),
            desc: Desc::new(),
            limits: [AtomicU64::new(0), AtomicU64::new(0)],
            drained: AtomicU64::new(0),
        }
    }

    /// For calls that never block.
    pub(super) fn io(&self) -> &S {
        &self.io
    }

    /// Such a call, with the error of a closed socket made plain.
    pub(super) fn ask<R>(&self, f: impl FnOnce(&S) -> io::Result<R>) -> io::Result<R> {
        let result = f(&self.io);
        if self.desc.is_closed() {
            return Err(closed());
        }
        result
    }

    /// Runs `f` until it does not answer "would block", waiting in between.
    #[inline]
    pub(super) fn op<R>(
        &self,
        side: Side,
        at: &'static Location<'static>,
        f: impl FnMut(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        let seen = self.desc.seen(side);
        self.op_from(seen, true, side, at, f).1
    }

    /// As `op`, for reading up to `room` bytes from a stream. A read that leaves
    /// room has taken all there was; then the next one waits at once if nothing has
    /// happened since, and saves the call that would only say so.
    #[inline]
    pub(super) fn read(
        &self,
        room: usize,
        at: &'static Location<'static>,
        f: impl FnMut(&S) -> io::Result<usize>,
    ) -> io::Result<usize>
    where
        S: Stream,
    {
        if !S::SHORT_READ_DRAINS {
            return self.op(Side::Read, at, f);
        }
        let seen = self.desc.seen(Side::Read);
        // Relaxed: if it is stale, we try once too often.
        let drained = self.drained.load(Relaxed) == u64::from(seen) + 1;
        // The end of the stream is no event of its own if it came with the data.
        let try_first = !drained || !self.desc.short_read_drains();
        let (seen, result) = self.op_from(seen, try_first, Side::Read, at, f);
        let all = matches!(result, Ok(n) if n > 0 && n < room);
        self.drained
            .store(if all { u64::from(seen) + 1 } else { 0 }, Relaxed);
        result
    }

    /// Gives the result, and the events there had been before the try that had it.
    #[inline]
    fn op_from<R>(
        &self,
        mut seen: u32,
        try_first: bool,
        side: Side,
        at: &'static Location<'static>,
        mut f: impl FnMut(&S) -> io::Result<R>,
    ) -> (u32, io::Result<R>) {
        refuse_in_sim("an operation on a socket");
        if let Err(stopped) = self.desc.may_begin(side) {
            return (seen, Err(stopped.into()));
        }
        // Relaxed: nothing is ordered by a time limit.
        let limit = self.limits[side as usize].load(Relaxed);
        let (mut until, mut skip) = (NEVER, !try_first);
        let result = loop {
            if !std::mem::take(&mut skip) {
                match f(&self.io) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) if self.desc.is_closed() => break Err(closed()),
                    result => break result,
                }
            }
            if limit != 0 && until == NEVER {
                until = sys::monotonic_ns().saturating_add(limit).min(NEVER - 1);
            }
            if let Err(stopped) = self.desc.wait(self.io.as_raw_fd(), side, seen, until, at) {
                break Err(stopped.into());
            }
            seen = self.desc.seen(side);
        };
        self.desc.pass_on(side);
        // A goroutine that always finds its socket ready yields here when its
        // time slice is used up.
        if m::current().is_some() {
            kernel::leave(kernel::enter_quietly());
        }
        (seen, result)
    }

    /// As `op`, where the system gives no event when it is worth another try: a
    /// full receiver of Unix datagrams tells only senders that are connected to it.
    pub(super) fn op_by_retrying<R>(
        &self,
        side: Side,
        f: impl Fn(&S) -> io::Result<R>,
    ) -> io::Result<R> {
        refuse_in_sim("an operation on a socket");
        let limit = self.limit(side);
        let began = limit.map(|_| crate::time::now());
        loop {
            self.desc.may_begin(side)?;
            match self.ask(&f) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if limit
                        .zip(began)
                        .is_some_and(|(limit, began)| began.elapsed() >= limit)
                    {
                        return Err(super::error::timed_out());
                    }
                    crate::time::sleep(Duration::from_millis(1));
                }
                result => return result,
            }
        }
    }

    /// The next operation may have to wait (a connect in progress).
    pub(super) fn wait(
        &self,
        side: Side,
        seen: u32,
        until: u64,
        at: &'static Location<'static>,
    ) -> io::Result<()> {
        Ok(self.desc.wait(self.io.as_raw_fd(), side, seen, until, at)?)
    }

    pub(super) fn seen(&self, side: Side) -> u32 {
        self.desc.seen(side)
    }

    pub(super) fn limit(&self, side: Side) -> Option<Duration> {
        match self.limits[side as usize].load(Relaxed) {
            0 => None,
            ns => Some(Duration::from_nanos(ns)),
        }
    }

    pub(super) fn set_limit(&self, side: Side, limit: Option<Duration>) -> io::Result<()> {
        let ns = match limit {
            None => 0,
            Some(Duration::ZERO) => {
                return Err(io::Error::new(
                    ErrorKind::InvalidInput,
                    "a time limit of zero would fail every operation; use None for no limit",
                ));
            }
            Some(limit) => u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX),
        };
        self.limits[side as usize].store(ns, Relaxed);
        Ok(())
    }

    pub(super) fn set_deadline(&self, sides: &[Side], deadline: Option<Instant>) -> io::Result<()> {
        refuse_in_sim("a deadline on a socket");
        if self.desc.is_closed() {
            return Err(closed());
        }
        let ns = deadline.map_or(0, |at| at.nanos().clamp(1, NEVER - 1));
        sides
            .iter()
            .for_each(|&side| self.desc.set_deadline(side, ns));
        Ok(())
    }

    pub(super) fn close(&self) -> io::Result<()> {
        let inert = inert()?;
        let fd = self.io.as_raw_fd();
        if !self.desc.close(fd) {
            return Err(closed());
        }
        // Not while another thread forks: the copy must not leak into a child.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        // SAFETY: both descriptors are open and ours.
        let done = unsafe { libc::dup3(inert, fd, libc::O_CLOEXEC) };
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        // SAFETY: as above.
        let done = unsafe {
            let done = libc::dup2(inert, fd);
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
            done
        };
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// The socket itself; this runtime is done with it.
    pub(super) fn into_io(self) -> S {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: we own it whole, and it is not dropped.
        unsafe {
            this.desc.retire(this.io.as_raw_fd());
            ManuallyDrop::take(&mut this.io)
        }
    }
}

impl<S: AsRawFd> Drop for Source<S> {
    fn drop(&mut self) {
        // SAFETY: nobody waits, since waiting borrows the source; the socket is
        // not used again.
        unsafe {
            self.desc.retire(self.io.as_raw_fd());
            ManuallyDrop::drop(&mut self.io);
        }
    }
}

impl<S: AsRawFd + AsFd> AsFd for Source<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}

/// A socket without a name or a peer, for the life of the process: nothing can come
/// in, and all other operations fail.
fn inert() -> io::Result<i32> {
    use std::os::unix::net::UnixDatagram;
    static INERT: OnceLock<UnixDatagram> = OnceLock::new();
    if INERT.get().is_none() {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        let _ = INERT.set(socket);
    }
    Ok(INERT.get().map_or(-1, AsRawFd::as_raw_fd))
}

/// The network answers differently each time: no schedule with it can be replayed.
#[track_caller]
pub(super) fn refuse_in_sim(what: &str) {
    if m::current().is_some_and(|m| m.kind.get() == Kind::Sim) {
        in_sim(what);
    }
}

#[cold]
#[track_caller]
fn in_sim(what: &str) -> ! {
    panic!(
        "marmota: {what} in a deterministic run: the network answers differently each time, so no schedule could be replayed; give the code under test anything that is Read + Write (two channels make a pipe), or test it with #[marmota::test] instead of sim"
    )
}
