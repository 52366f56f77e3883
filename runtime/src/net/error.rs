//! The errors of this module's own; all others are the system's.

use crate::netpoll::Stopped;
use std::fmt;
use std::io::{Error, ErrorKind};

/// The error of an operation on a closed socket (Go's `net.ErrClosed`), inside an
/// [`std::io::Error`]; see [`is_closed`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClosedError;

impl fmt::Display for ClosedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("use of closed network connection")
    }
}

impl std::error::Error for ClosedError {}

/// A deadline or time limit has passed: Go's text.
#[derive(Clone, Copy, Debug)]
struct TimeoutError;

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("i/o timeout")
    }
}

impl std::error::Error for TimeoutError {}

/// Whether an operation failed because its socket was closed by `close`: what ends
/// an accept loop in good order (Go's `errors.Is(err, net.ErrClosed)`).
///
/// ```
/// use marmota::net::{TcpListener, is_closed};
/// use std::sync::Arc;
///
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
///     let serving = marmota::spawn({
///         let listener = listener.clone();
///         move || listener.accept().map(|_| ())
///     });
///     listener.close()?;
///     let error = serving.join().unwrap().unwrap_err();
///     assert!(is_closed(&error));
///     Ok(())
/// }
/// ```
pub fn is_closed(error: &Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<ClosedError>())
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::NotConnected, ClosedError)
}

pub(super) fn timed_out() -> Error {
    Error::new(ErrorKind::TimedOut, TimeoutError)
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Error {
        match stopped {
            Stopped::TimedOut => timed_out(),
            Stopped::Closed => closed(),
            Stopped::System(errno) => Error::from_raw_os_error(errno),
        }
    }
}
