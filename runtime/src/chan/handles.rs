//! The handles on a channel, and what their operations promise.

use super::core::{Core, Received, Sent};
use super::ends::{BOTH, End, RECEIVES, SENDS};
use super::timed::ChanTimer;
use crate::kernel::{self, WaitReason};
use std::fmt;
use std::mem::MaybeUninit;
use std::panic::Location;

/// Makes a channel that buffers `capacity` values, 0 for a meeting point, and
/// gives its two ends (Go's `make(chan T, capacity)`).
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = marmota::chan(1);
///     tx.send("a value");
///     tx.close();
///     assert_eq!(rx.recv(), Some("a value"));
///     assert_eq!(rx.recv(), None);
/// }
/// ```
///
/// # Panics
/// `makechan: size out of range` when the buffer would exceed the address space.
#[track_caller]
pub fn chan<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    Chan::new(capacity).split()
}

/// The sending end: Go's `chan<- T`.
pub struct Sender<T> {
    pub(super) chan: End<T, SENDS>,
}

/// The receiving end: Go's `<-chan T`.
pub struct Receiver<T> {
    pub(super) chan: End<T, RECEIVES>,
}

/// Both ends in one: Go's `chan T`. A nil one belongs to no channel.
pub struct Chan<T> {
    pub(super) chan: End<T, BOTH>,
}

/// Why [`Sender::try_send`] did not send; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// No receiver waits and the buffer, if any, is full (or the channel is nil).
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// Why [`Receiver::try_recv`] gave nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TryRecvError {
    /// No value is there now (or the channel is nil).
    Empty,
    /// The channel is closed and drained.
    Closed,
}

impl<T> Chan<T> {
    /// As [`chan`], both ends in one.
    ///
    /// # Panics
    /// As [`chan`].
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Chan {
            chan: End::new(Core::new(capacity)),
        }
    }

    /// A nil channel: sending and receiving wait for ever, closing panics.
    pub fn nil() -> Self {
        Chan { chan: End::nil() }
    }

    /// The channel of a timer; its value needs no destructor.
    pub(crate) fn of_timer(timer: ChanTimer<T>) -> Self
    where
        T: Copy,
    {
        Chan {
            chan: End::new(Core::of_timer(timer)),
        }
    }

    pub(crate) fn core(&self) -> Option<&Core<T>> {
        self.chan.core.as_deref()
    }

    /// The two ends.
    pub fn split(self) -> (Sender<T>, Receiver<T>) {
        (self.sender(), self.into())
    }

    /// A handle that can only send.
    pub fn sender(&self) -> Sender<T> {
        Sender {
            chan: self.chan.other(),
        }
    }

    /// A handle that can only receive.
    pub fn receiver(&self) -> Receiver<T> {
        Receiver {
            chan: self.chan.other(),
        }
    }

    /// Sends; see [`Sender::send`].
    ///
    /// # Panics
    /// `send on closed channel`.
    #[track_caller]
    #[inline]
    pub fn send(&self, value: T) {
        self.chan.send(value);
    }

    /// Sends if that is possible at once; see [`Sender::try_send`].
    ///
    /// # Errors
    /// The value, when it was not sent.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.chan.try_send(value)
    }

    /// Receives; see [`Receiver::recv`].
    #[track_caller]
    #[inline]
    pub fn recv(&self) -> Option<T> {
        self.chan.recv()
    }

    /// Receives if that is possible at once; see [`Receiver::try_recv`].
    ///
    /// # Errors
    /// Why there is no value.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.chan.try_recv()
    }

    /// Closes; see [`Sender::close`].
    ///
    /// # Panics
    /// `close of closed channel`, `close of nil channel`.
    #[track_caller]
    pub fn close(&self) {
        self.chan.close();
    }

    /// Values buffered at this moment; 0 for nil.
    pub fn len(&self) -> usize {
        self.chan.len()
    }

    /// Whether no value is buffered at this moment.
    pub fn is_empty(&self) -> bool {
        self.chan.is_empty()
    }

    /// Values the buffer can hold; 0 for nil.
    pub fn capacity(&self) -> usize {
        self.chan.capacity()
    }

    /// Whether it belongs to no channel.
    pub fn is_nil(&self) -> bool {
        self.chan.core.is_none()
    }

    /// Whether two handles are on the same channel (two nil ones are, as in Go).
    pub fn same_channel(&self, other: &Self) -> bool {
        self.chan.same_channel(&other.chan)
    }
}

/// What all handles do; which of it one may is up to its type.
impl<T, const E: u64> End<T, E> {
    #[track_caller]
    #[inline]
    fn send(&self, value: T) {
        let at = Location::caller();
        let Some(core) = &self.core else {
            wait_for_ever(WaitReason::ChanSendNil, at)
        };
        let mut value = MaybeUninit::new(value);
        if core.is_traced() {
            core.prepare(&mut value);
        }
        if !core.send(&mut value, at) {
            // SAFETY: a send that failed leaves the value with us.
            drop(unsafe { value.assume_init() });
            panic!("send on closed channel");
        }
    }

    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        let Some(core) = &self.core else {
            return Err(TrySendError::Full(value));
        };
        let mut value = MaybeUninit::new(value);
        if core.is_traced() {
            core.prepare(&mut value);
        }
        match core.try_send(&mut value) {
            Sent::Done => Ok(()),
            // SAFETY: a send that failed leaves the value with us.
            Sent::Full => Err(TrySendError::Full(unsafe { value.assume_init() })),
            // SAFETY: as above.
            Sent::Closed => Err(TrySendError::Closed(unsafe { value.assume_init() })),
        }
    }

    #[track_caller]
    #[inline]
    fn recv(&self) -> Option<T> {
        let at = Location::caller();
        match &self.core {
            Some(core) => core.recv(at),
            None => wait_for_ever(WaitReason::ChanReceiveNil, at),
        }
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        let Some(core) = &self.core else {
            return Err(TryRecvError::Empty);
        };
        match core.try_recv() {
            Received::Value(value) => Ok(value),
            Received::Empty => Err(TryRecvError::Empty),
            Received::Closed => Err(TryRecvError::Closed),
        }
    }

    #[track_caller]
    fn close(&self) {
        let Some(core) = &self.core else {
            panic!("close of nil channel")
        };
        if !core.close() {
            panic!("close of closed channel");
        }
    }

    fn len(&self) -> usize {
        self.core.as_ref().map_or(0, |core| core.len())
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn capacity(&self) -> usize {
        self.core.as_ref().map_or(0, |core| core.capacity())
    }

    fn same_channel(&self, other: &Self) -> bool {
        self.core.as_deref().map(std::ptr::from_ref)
            == other.core.as_deref().map(std::ptr::from_ref)
    }
}

pub(super) fn wait_for_ever(reason: WaitReason, at: &'static Location<'static>) -> ! {
    loop {
        let m = kernel::enter();
        m.g().about_to_wait(reason, at);
        // SAFETY: it may be called with anything.
        unsafe { m.g().can_be_asked(kernel::for_ever, std::ptr::null()) };
        kernel::leave(kernel::park_published(m));
    }
}

impl<T> Sender<T> {
    /// Sends a value: waits until a receiver takes it (capacity 0) or the buffer
    /// has room (Go's `ch <- v`).
    ///
    /// # Panics
    /// `send on closed channel`, also when it is closed while the send waits. The
    /// value is dropped.
    #[track_caller]
    #[inline]
    pub fn send(&self, value: T) {
        self.chan.send(value);
    }

    /// Sends if that is possible at once (Go's `select` with a default).
    ///
    /// # Errors
    /// The value, when it was not sent.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.chan.try_send(value)
    }

    /// Says that no more values will come (Go's `close`). Receivers get what is
    /// buffered, then `None`.
    ///
    /// # Panics
    /// `close of closed channel`, `close of nil channel`.
    #[track_caller]
    pub fn close(&self) {
        self.chan.close();
    }

    /// Values buffered at this moment (Go's `len`).
    pub fn len(&self) -> usize {
        self.chan.len()
    }

    /// Whether no value is buffered at this moment.
    pub fn is_empty(&self) -> bool {
        self.chan.is_empty()
    }

    /// Values the buffer can hold (Go's `cap`).
    pub fn capacity(&self) -> usize {
        self.chan.capacity()
    }

    /// Whether two handles are on the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.chan.same_channel(&other.chan)
    }
}

impl<T> Receiver<T> {
    /// Receives a value, waiting for one if need be (Go's `v, ok := <-ch`).
    /// `None` means that the channel is closed and drained.
    #[track_caller]
    #[inline]
    pub fn recv(&self) -> Option<T> {
        self.chan.recv()
    }

    /// Receives if that is possible at once (Go's `select` with a default).
    ///
    /// # Errors
    /// Why there is no value.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.chan.try_recv()
    }

    /// All values until the channel is closed and drained (Go's `for range`).
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { chan: &self.chan }
    }

    /// Values buffered at this moment (Go's `len`).
    pub fn len(&self) -> usize {
        self.chan.len()
    }

    /// Whether no value is buffered at this moment.
    pub fn is_empty(&self) -> bool {
        self.chan.is_empty()
    }

    /// Values the buffer can hold (Go's `cap`).
    pub fn capacity(&self) -> usize {
        self.chan.capacity()
    }

    /// Whether two handles are on the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.chan.same_channel(&other.chan)
    }
}

/// Receives until the channel is closed and drained; by [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    chan: &'a End<T, RECEIVES>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.chan.recv()
    }
}

/// As [`Iter`], owning its end.
#[derive(Debug)]
pub struct IntoIter<T> {
    chan: End<T, RECEIVES>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;
    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.chan.recv()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { chan: self.chan }
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Self {
        Chan {
            chan: self.chan.clone(),
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            chan: self.chan.clone(),
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Receiver {
            chan: self.chan.clone(),
        }
    }
}

/// The conversions that Go makes silently; the other way there is none.
impl<T> From<Chan<T>> for Sender<T> {
    fn from(chan: Chan<T>) -> Self {
        Sender {
            chan: chan.chan.only(),
        }
    }
}

impl<T> From<Chan<T>> for Receiver<T> {
    fn from(chan: Chan<T>) -> Self {
        Receiver {
            chan: chan.chan.only(),
        }
    }
}

fn show<T, const E: u64>(name: &str, chan: &End<T, E>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if chan.core.is_none() {
        return write!(f, "{name}(nil)");
    }
    write!(f, "{name}({}/{})", chan.len(), chan.capacity())
}

impl<T, const E: u64> fmt::Debug for End<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("End", self, f)
    }
}

impl<T> fmt::Debug for Chan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("Chan", &self.chan, f)
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("Sender", &self.chan, f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("Receiver", &self.chan, f)
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "the channel is full",
            TrySendError::Closed(_) => "the channel is closed",
        })
    }
}

impl<T> std::error::Error for TrySendError<T> {}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryRecvError::Empty => "the channel is empty",
            TryRecvError::Closed => "the channel is closed and drained",
        })
    }
}

impl std::error::Error for TryRecvError {}
