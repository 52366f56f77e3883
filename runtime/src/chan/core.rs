//! The channel itself.
//!
//! Invariants (Go's, `runtime/chan.go`), under the lock:
//! 1. At least one of the two wait queues is empty, except for a goroutine that
//!    selects over a send and a receive of one channel.
//! 2. For a buffered channel: values in the buffer mean that no receiver waits;
//!    room in the buffer means that no sender waits.
//!
//! So a sender that finds a receiver waiting hands its value over at once, into
//! the receiver's frame, past the buffer; and a receiver that finds a sender
//! waiting takes the oldest value (from the buffer, if there is one) and moves the
//! sender's into the place that became free. That keeps all values in order.
//!
//! Values are moved as bytes under the lock, so no user code runs there: what is
//! dropped (by the drop of the channel, or a send that panics) is dropped outside.
//! A value has one owner at all times: the sender's frame until `done`, the buffer,
//! or the receiver's frame after `done`.

use super::ends::Ends;
use super::quiet::{Quiet, RECV, SEND};
use super::shared::Moves;
use super::timed::ChanTimer;
use crate::gc::Region;
use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::race;
use crate::sched::MRef;
use crate::sim::hooks;
use std::mem::MaybeUninit;
use std::panic::Location;

pub struct Core<T> {
    capacity: usize,
    /// Handles, by what they can do.
    pub(super) ends: Ends,
    /// What those who only look go by: see `quiet.rs`.
    pub(super) quiet: Quiet,
    pub(super) state: SpinLock<State<T>>,
    /// Set for the channel of a timer: see `timed.rs`.
    pub(super) timer: Option<Box<ChanTimer<T>>>,
}

pub(super) struct State<T> {
    closed: bool,
    /// Values in the buffer, and where the oldest lies.
    pub(super) len: usize,
    head: usize,
    buffer: Box<[MaybeUninit<T>]>,
    pub(super) receivers: WaitQueue,
    pub(super) senders: WaitQueue,
    /// What sends, receives and the close order (`race`).
    clocks: race::Slots,
    /// The buffer lies in the collected heap: how values move in and out (`shared`).
    pub(super) moves: Option<&'static Moves>,
}

// SAFETY: values move between threads, references to them are never shared.
unsafe impl<T: Send> Send for Core<T> {}
// SAFETY: all state is behind the lock, or atomic.
unsafe impl<T: Send> Sync for Core<T> {}

/// What came of trying to send.
pub(crate) enum Sent {
    Done,
    Full,
    Closed,
}

/// What came of trying to receive.
pub(crate) enum Received<T> {
    Value(T),
    Empty,
    Closed,
}

impl<T> State<T> {
    fn new(places: usize) -> Self {
        State {
            closed: false,
            len: 0,
            head: 0,
            buffer: Box::new_uninit_slice(places),
            receivers: WaitQueue::new(),
            senders: WaitQueue::new(),
            clocks: race::Slots::new(places),
            moves: None,
        }
    }

    /// A value goes into the buffer.
    #[inline(always)]
    fn push(&mut self, m: MRef, mut value: MaybeUninit<T>) {
        if let Some(moves) = self.moves {
            // SAFETY: a value of this channel, which is ours.
            move_one(m, |region| unsafe {
                (moves.into_heap)(region, value.as_mut_ptr().cast());
            });
        }
        let mut at = self.head + self.len;
        if at >= self.buffer.len() {
            at -= self.buffer.len();
        }
        self.buffer[at] = value;
        self.len += 1;
    }

    /// The oldest value comes out of the buffer.
    #[inline(always)]
    pub(super) fn pop(&mut self, m: MRef) -> MaybeUninit<T> {
        let mut value = std::mem::replace(&mut self.buffer[self.head], MaybeUninit::uninit());
        self.head += 1;
        if self.head == self.buffer.len() {
            self.head = 0;
        }
        self.len -= 1;
        if let Some(moves) = self.moves {
            // SAFETY: a value of this channel, which is ours.
            move_one(m, |region| unsafe {
                (moves.out_of_heap)(region, value.as_mut_ptr().cast());
            });
        }
        value
    }

    /// Visits the values in the buffer.
    pub(super) fn each_buffered_mut(&mut self, mut visit: impl FnMut(&mut T)) {
        for i in 0..self.len {
            let at = (self.head + i) % self.buffer.len();
            // SAFETY: `len` values from `head` on are there.
            visit(unsafe { self.buffer[at].assume_init_mut() });
        }
    }
}

/// A value moves into the collected heap or out of it. Under the channel's lock, which
/// whoever stops the world does not need.
#[cold]
#[inline(never)]
fn move_one(m: MRef, f: impl FnOnce(&Region)) {
    let region = Region::within(m);
    f(&region);
    region.end();
}

/// A waiter's slot as the place of a value.
fn place<T>(waiter: &Waiter) -> *mut MaybeUninit<T> {
    waiter.slot.get().cast()
}

impl<T> Core<T> {
    #[track_caller]
    pub(crate) fn new(capacity: usize) -> Self {
        let bytes = capacity.checked_mul(size_of::<T>());
        if bytes.is_none_or(|bytes| bytes > isize::MAX as usize) {
            panic!("makechan: size out of range");
        }
        Core {
            capacity,
            ends: Ends::new(),
            quiet: Quiet::new(),
            state: SpinLock::new(State::new(capacity)),
            timer: None,
        }
    }

    /// The channel of a timer: looks unbuffered, and keeps one value.
    pub(crate) fn of_timer(timer: ChanTimer<T>) -> Self {
        Core {
            capacity: 0,
            ends: Ends::new(),
            quiet: Quiet::new(),
            state: SpinLock::new(State::new(1)),
            timer: Some(Box::new(timer)),
        }
    }

    /// Visits the values in the buffer, inside the runtime.
    pub(super) fn each_buffered(&self, visit: impl FnMut(&mut T)) {
        self.state.lock().each_buffered_mut(visit);
    }

    /// As above, unless somebody has the lock.
    pub(super) fn each_buffered_if_free(&self, visit: impl FnMut(&mut T)) {
        if let Some(mut state) = self.state.try_lock() {
            state.each_buffered_mut(visit);
        }
    }

    /// Before a value may move into the collected heap.
    #[cold]
    pub(crate) fn prepare(&self, value: &mut MaybeUninit<T>) {
        let m = kernel::enter_quietly();
        let moves = self.state.lock().moves;
        kernel::leave(m);
        if let Some(moves) = moves {
            // SAFETY: a value of this channel, which is the caller's.
            unsafe { (moves.prepare)(value.as_mut_ptr().cast()) };
        }
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn len(&self) -> usize {
        if self.timer.is_some() {
            return 0;
        }
        let m = kernel::enter_quietly();
        let len = self.state.lock().len;
        kernel::leave(m);
        len
    }

    /// Sends, waiting if need be; `false` if the channel is or becomes closed, and
    /// then the value is still the caller's.
    #[inline]
    pub(crate) fn send(&self, value: &mut MaybeUninit<T>, at: &'static Location<'static>) -> bool {
        let m = kernel::enter();
        let mut state = self.state.lock();
        match offer(m, &self.quiet, &mut state, value) {
            Offered::Handed(waiter) => {
                drop(state);
                hooks::note(m, "send", self.address(), Some(at));
                kernel::ready_published(m, waiter.g);
                kernel::leave(m);
                true
            }
            Offered::Stored => {
                drop(state);
                hooks::note(m, "send", self.address(), Some(at));
                kernel::leave(m);
                true
            }
            Offered::Closed => {
                drop(state);
                kernel::leave(m);
                false
            }
            Offered::Full => {
                let slot = std::ptr::from_mut(value).cast();
                let waiter = Waiter::new(m, WaitReason::ChanSend, at, slot);
                self.tell(waiter.g, Self::can_be_received);
                // SAFETY: this frame parks until a receiver or `close` has popped
                // the waiter.
                unsafe { state.senders.push(&waiter) };
                self.quiet.disturb(RECV);
                drop(state);
                hooks::waits_on(m, self.address());
                kernel::leave(kernel::park_published(m));
                waiter.done.get()
            }
        }
    }

    pub(crate) fn try_send(&self, value: &mut MaybeUninit<T>) -> Sent {
        if self.quiet.is(SEND) && kernel::undisturbed() {
            return Sent::Full;
        }
        let m = kernel::enter();
        let sent = self.try_send_inside(m, value);
        let did = match sent {
            Sent::Done => "send",
            Sent::Full | Sent::Closed => "no room to send",
        };
        hooks::note(m, did, self.address(), None);
        kernel::leave(m);
        sent
    }

    /// For callers inside the runtime: timers.
    pub(crate) fn try_send_inside(&self, m: MRef, value: &mut MaybeUninit<T>) -> Sent {
        let mut state = self.state.lock();
        let offered = offer(m, &self.quiet, &mut state, value);
        if matches!(offered, Offered::Full) {
            self.quiet.found_nothing(SEND);
        }
        drop(state);
        match offered {
            Offered::Handed(waiter) => {
                kernel::ready_published(m, waiter.g);
                Sent::Done
            }
            Offered::Stored => Sent::Done,
            Offered::Full => Sent::Full,
            Offered::Closed => Sent::Closed,
        }
    }

    /// Receives, waiting if need be; `None` once the channel is closed and empty.
    #[inline]
    pub(crate) fn recv(&self, at: &'static Location<'static>) -> Option<T> {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let mut value = MaybeUninit::uninit();
        match take(m, &self.quiet, &mut state, &mut value) {
            Taken::Value(sender) => {
                drop(state);
                hooks::note(m, "receive", self.address(), Some(at));
                if let Some(waiter) = sender {
                    kernel::ready_published(m, waiter.g);
                }
                kernel::leave(m);
                // SAFETY: `take` wrote it.
                Some(unsafe { value.assume_init() })
            }
            Taken::Closed => {
                drop(state);
                hooks::note(m, "receive: closed", self.address(), Some(at));
                kernel::leave(m);
                None
            }
            Taken::Empty if self.timer.is_some() => {
                drop(state);
                self.recv_timed(m, at)
            }
            Taken::Empty => {
                let slot = (&raw mut value).cast();
                let waiter = Waiter::new(m, WaitReason::ChanReceive, at, slot);
                self.tell(waiter.g, Self::can_be_sent);
                // SAFETY: this frame parks until a sender or `close` has popped the
                // waiter.
                unsafe { state.receivers.push(&waiter) };
                self.quiet.disturb(SEND);
                drop(state);
                hooks::waits_on(m, self.address());
                kernel::leave(kernel::park_published(m));
                // SAFETY: a sender that sets `done` has written the value.
                waiter.done.get().then(|| unsafe { value.assume_init() })
            }
        }
    }

    pub(crate) fn try_recv(&self) -> Received<T> {
        if self.quiet.is(RECV) && kernel::undisturbed() {
            return Received::Empty;
        }
        let m = kernel::enter();
        let mut value = MaybeUninit::uninit();
        let mut state = self.state.lock();
        self.run_due(m, &mut state);
        let taken = take(m, &self.quiet, &mut state, &mut value);
        if matches!(taken, Taken::Empty) && self.timer.is_none() {
            self.quiet.found_nothing(RECV);
        }
        drop(state);
        let received = match taken {
            Taken::Value(sender) => {
                if let Some(waiter) = sender {
                    kernel::ready_published(m, waiter.g);
                }
                hooks::note(m, "receive", self.address(), None);
                // SAFETY: `take` wrote it.
                Received::Value(unsafe { value.assume_init() })
            }
            Taken::Empty => {
                hooks::note(m, "nothing to receive", self.address(), None);
                Received::Empty
            }
            Taken::Closed => Received::Closed,
        };
        kernel::leave(m);
        received
    }

    /// Closes; `false` if it was closed already. Receivers that wait get nothing,
    /// senders that wait panic.
    pub(crate) fn close(&self) -> bool {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let first = !std::mem::replace(&mut state.closed, true);
        if first {
            self.quiet.disturb(RECV | SEND);
            state.clocks.close(m);
            hooks::note(m, "close", self.address(), None);
            loop {
                let waiter = match state.receivers.pop() {
                    Some(receiver) => receiver,
                    None => match state.senders.pop() {
                        Some(sender) => sender,
                        None => break,
                    },
                };
                // Under the lock: nobody can join the queues any more, and the
                // woken needs no lock to find out.
                waiter.done.set(false);
                state.clocks.woken_by_close(m, waiter.g);
                kernel::ready_published(m, waiter.g);
            }
        }
        drop(state);
        kernel::leave(m);
        first
    }
}

pub(super) enum Offered {
    /// Into this receiver's frame: it is to be readied.
    Handed(&'static Waiter),
    Stored,
    Full,
    Closed,
}

/// One attempt to send, under the lock. The value is moved out of `value` when it
/// was handed over or stored.
#[inline(always)]
pub(super) fn offer<T>(
    m: MRef,
    quiet: &Quiet,
    state: &mut State<T>,
    value: &mut MaybeUninit<T>,
) -> Offered {
    if state.closed {
        state.clocks.saw_closed(m);
        return Offered::Closed;
    }
    if let Some(receiver) = state.receivers.pop() {
        // SAFETY: the receiver waits, so its place is there and empty; the value
        // is moved, and its old place is not used again (contract).
        unsafe { place::<T>(receiver).copy_from_nonoverlapping(value, 1) };
        receiver.done.set(true);
        state.clocks.handed_to(m, receiver.g);
        return Offered::Handed(receiver);
    }
    if state.len < state.buffer.len() {
        let value = std::mem::replace(value, MaybeUninit::uninit());
        state.push(m, value);
        quiet.disturb(RECV);
        state.clocks.stored(m);
        return Offered::Stored;
    }
    Offered::Full
}

pub(super) enum Taken {
    /// `value` is written; this sender, if any, is to be readied.
    Value(Option<&'static Waiter>),
    Empty,
    Closed,
}

/// One attempt to receive, under the lock.
#[inline(always)]
pub(super) fn take<T>(
    m: MRef,
    quiet: &Quiet,
    state: &mut State<T>,
    value: &mut MaybeUninit<T>,
) -> Taken {
    if state.len > 0 {
        *value = state.pop(m);
        let Some(sender) = state.senders.pop() else {
            quiet.disturb(SEND);
            state.clocks.taken(m, None);
            return Taken::Value(None);
        };
        // SAFETY: the sender waits, so its value is there; it is moved into the
        // place that has just become free.
        state.push(m, unsafe { place::<T>(sender).read() });
        sender.done.set(true);
        state.clocks.taken(m, Some(sender.g));
        return Taken::Value(Some(sender));
    }
    if let Some(sender) = state.senders.pop() {
        // SAFETY: as above, straight to the receiver.
        *value = unsafe { place::<T>(sender).read() };
        sender.done.set(true);
        state.clocks.handed_by(m, sender.g);
        return Taken::Value(Some(sender));
    }
    if state.closed {
        state.clocks.saw_closed(m);
        Taken::Closed
    } else {
        Taken::Empty
    }
}

impl<T> Drop for Core<T> {
    fn drop(&mut self) {
        // Nobody else refers to the channel: no lock is needed, and values may
        // run their destructors.
        self.stop_for_good();
        hooks::gone(self.address());
        let mut rest = {
            let state = self.state.get_mut();
            let (len, head) = (std::mem::take(&mut state.len), state.head);
            let buffer = std::mem::take(&mut state.buffer);
            Rest { buffer, len, head }
        };
        rest.drain();
    }
}

/// The values a dropped channel still held: each is dropped once, even if the
/// destructor of one panics.
struct Rest<T> {
    buffer: Box<[MaybeUninit<T>]>,
    len: usize,
    head: usize,
}

impl<T> Rest<T> {
    fn drain(&mut self) {
        while self.len > 0 {
            let at = self.head;
            self.head = (at + 1) % self.buffer.len();
            self.len -= 1;
            // SAFETY: `len` values from `head` on are there; this one is counted
            // out before its destructor runs.
            unsafe { self.buffer[at].assume_init_drop() };
        }
    }
}

impl<T> Drop for Rest<T> {
    fn drop(&mut self) {
        self.drain();
    }
}
