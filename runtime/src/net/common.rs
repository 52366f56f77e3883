//! What every socket type offers in the same words, as macros over its `source`.

/// Deadlines, closing, conversions and Debug, for a socket type over std's.
macro_rules! socket {
    ($name:ident, $std:ty) => {
        impl $name {
            /// Sets the moment after which reading (receiving, accepting) and
            /// writing fail with `TimedOut`, also for those that wait now (Go's
            /// `SetDeadline`); `None` takes it back. A deadline in the past fails
            /// operations even if they would not have to wait.
            ///
            /// It belongs to this handle, not to its clones.
            ///
            /// # Errors
            /// When the socket is closed.
            pub fn set_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                self.source
                    .set_deadline(&[Side::Read, Side::Write], deadline)
            }

            /// As `set_deadline`, for reading, receiving and accepting only.
            ///
            /// # Errors
            /// When the socket is closed.
            pub fn set_read_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                self.source.set_deadline(&[Side::Read], deadline)
            }

            /// As `set_deadline`, for writing and sending only.
            ///
            /// # Errors
            /// When the socket is closed.
            pub fn set_write_deadline(&self, deadline: Option<Instant>) -> io::Result<()> {
                self.source.set_deadline(&[Side::Write], deadline)
            }

            /// Closes the socket while others may use it: their operations, and all
            /// later ones, fail with an error that [`is_closed`](super::is_closed)
            /// knows (Go's `Close`). Dropping the handle closes too, when nobody
            /// uses it.
            ///
            /// Clones made by `try_clone` stay open.
            ///
            /// # Errors
            /// When it is closed already, or the process has no descriptor left.
            pub fn close(&self) -> io::Result<()> {
                self.source.close()
            }

            /// The socket's pending error, which this takes away (`SO_ERROR`).
            ///
            /// # Errors
            /// When the socket is closed, or the system's.
            pub fn take_error(&self) -> io::Result<Option<io::Error>> {
                self.source.ask(|io| io.take_error())
            }

            /// A second handle on the same socket, with time limits, deadlines and
            /// a `close` of its own.
            ///
            /// # Errors
            /// When the socket is closed, or the process has no descriptor left.
            pub fn try_clone(&self) -> io::Result<Self> {
                let io = self.source.ask(|io| io.try_clone())?;
                let clone = Source::new(io);
                for side in [Side::Read, Side::Write] {
                    clone.set_limit(side, self.source.limit(side))?;
                }
                Ok($name { source: clone })
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.source.io().fmt(f)
            }
        }

        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.source.as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $name {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.source.io().as_raw_fd()
            }
        }

        /// Takes over a socket of std's, and makes it non-blocking: so are then
        /// all descriptors that std's `try_clone` made of it.
        ///
        /// # Panics
        /// When the system refuses that: the descriptor is no socket.
        impl From<$std> for $name {
            #[track_caller]
            fn from(io: $std) -> Self {
                if let Err(error) = io.set_nonblocking(true) {
                    panic!("marmota: cannot make a descriptor non-blocking: {error}; only sockets can be waited for");
                }
                $name {
                    source: Source::new(io),
                }
            }
        }

        /// Gives std's socket back, blocking as std's sockets are: clones of it
        /// that still wait in goroutines would then block their threads.
        impl From<$name> for $std {
            fn from(ours: $name) -> Self {
                let io = ours.source.into_io();
                // Refused only for what is no socket.
                let _ = io.set_nonblocking(false);
                io
            }
        }

        /// As the conversion from std's type.
        ///
        /// # Panics
        /// When the descriptor is no socket.
        impl From<std::os::fd::OwnedFd> for $name {
            #[track_caller]
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                <$std>::from(fd).into()
            }
        }

        /// As the conversion into std's type.
        impl From<$name> for std::os::fd::OwnedFd {
            fn from(ours: $name) -> Self {
                <$std>::from(ours).into()
            }
        }
    };
}
pub(super) use socket;

/// std's time limits.
macro_rules! limits {
    ($name:ident) => {
        impl $name {
            /// How long one read (or receive) may wait before it fails with
            /// `TimedOut`; `None` is without end. It belongs to this handle.
            ///
            /// # Errors
            /// For a limit of zero.
            pub fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
                self.source.set_limit(Side::Read, limit)
            }

            /// How long one write (or send) may wait before it fails with
            /// `TimedOut`; `None` is without end. It belongs to this handle.
            ///
            /// # Errors
            /// For a limit of zero.
            pub fn set_write_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
                self.source.set_limit(Side::Write, limit)
            }

            /// The time limit of a read.
            ///
            /// # Errors
            /// None; the signature is std's.
            pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
                Ok(self.source.limit(Side::Read))
            }

            /// The time limit of a write.
            ///
            /// # Errors
            /// None; the signature is std's.
            pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
                Ok(self.source.limit(Side::Write))
            }
        }
    };
}
pub(super) use limits;

/// Read and Write for a stream and a reference to it, and half close.
macro_rules! stream {
    ($name:ident) => {
        impl Read for &$name {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.source
                    .read(buf.len(), Location::caller(), |mut io| io.read(buf))
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                let room = bufs.iter().map(|buf| buf.len()).sum();
                self.source
                    .read(room, Location::caller(), |mut io| io.read_vectored(bufs))
            }
        }

        impl Write for &$name {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                self.source
                    .op(Side::Write, Location::caller(), |mut io| io.write(buf))
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                self.source.op(Side::Write, Location::caller(), |mut io| {
                    io.write_vectored(bufs)
                })
            }

            /// Nothing is buffered here.
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl Read for $name {
            #[track_caller]
            fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buf)
            }

            #[track_caller]
            fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                (&*self).read_vectored(bufs)
            }
        }

        impl Write for $name {
            #[track_caller]
            fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                (&*self).write(buf)
            }

            #[track_caller]
            fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                (&*self).write_vectored(bufs)
            }

            /// Nothing is buffered here.
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl $name {
            /// Shuts one direction down, or both. After `Shutdown::Write` the peer
            /// reads to the end, and can still be read from: half close.
            ///
            /// # Errors
            /// When the socket is closed, or the system's.
            pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
                self.source.ask(|io| io.shutdown(how))
            }
        }
    };
}
pub(super) use stream;
