//! A channel as a select sees it: any channel, whatever its values are.
//!
//! A select works on many channels of different types at once, so it knows them by
//! these few operations and moves values by address.

use super::core::{Core, Offered, Taken, offer, take};
use super::quiet::{Quiet, RECV, SEND};
use crate::kernel::{self, Outlook, Waiter};
use crate::sched::MRef;
use std::mem::MaybeUninit;

/// What came of one attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    Done,
    Closed,
    Nothing,
}

/// # Safety
/// `lock` excludes all other operations on the channel until `unlock`; two ports
/// are the same channel exactly if their addresses are the same.
pub(crate) unsafe trait Port {
    /// One attempt in this direction, under the lock and out of it again.
    ///
    /// # Safety
    /// `slot` is the place of a value of the channel's type: there for a send,
    /// which moves it out if it is done; free for a receive, which then fills it.
    unsafe fn attempt(&self, m: MRef, direction: u64, slot: *mut u8) -> Attempt;

    /// Takes the lock.
    fn lock(&self);

    /// Gives the lock back.
    ///
    /// # Safety
    /// The caller took it.
    unsafe fn unlock(&self);

    /// Whether nothing is ready in this direction.
    ///
    /// # Safety
    /// The caller holds the lock.
    unsafe fn is_still(&self, m: MRef, direction: u64) -> bool;

    /// Queues a waiter.
    ///
    /// # Safety
    /// The caller holds the lock; the waiter stays in its place until it has been
    /// withdrawn, or was popped by the waker that won its select.
    unsafe fn join(&self, m: MRef, direction: u64, waiter: &Waiter);

    /// Ends the waiting of a waiter that joined: takes it out of the queue if it is
    /// still there.
    fn withdraw(&self, m: MRef, direction: u64, waiter: &Waiter);

    /// Whether waiting in this direction can end.
    fn outlook(&self, direction: u64) -> Outlook;

    /// Whether `withdraw` is needed even after the waiter was popped.
    fn wants_withdrawal(&self) -> bool;
}

// SAFETY: all is done under the state's lock, and a channel has one address for
// its life and is never of size zero.
unsafe impl<T> Port for Core<T> {
    unsafe fn attempt(&self, m: MRef, direction: u64, slot: *mut u8) -> Attempt {
        // SAFETY: the contract: a place for a value of this type.
        let value = unsafe { &mut *slot.cast::<MaybeUninit<T>>() };
        let mut state = self.state.lock();
        let (attempt, other) = if direction == SEND {
            match offer(m, &self.quiet, &mut state, value) {
                Offered::Handed(receiver) => (Attempt::Done, Some(receiver)),
                Offered::Stored => (Attempt::Done, None),
                Offered::Full => (Attempt::Nothing, None),
                Offered::Closed => (Attempt::Closed, None),
            }
        } else {
            self.run_due(m, &mut state);
            match take(m, &self.quiet, &mut state, value) {
                Taken::Value(sender) => (Attempt::Done, sender),
                Taken::Empty => (Attempt::Nothing, None),
                Taken::Closed => (Attempt::Closed, None),
            }
        };
        if attempt == Attempt::Nothing && self.timer.is_none() {
            self.quiet.found_nothing(direction);
        }
        drop(state);
        if let Some(waiter) = other {
            kernel::ready_published(m, waiter.g);
        }
        attempt
    }

    fn lock(&self) {
        std::mem::forget(self.state.lock());
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        drop(unsafe { self.state.assume_locked() });
    }

    unsafe fn is_still(&self, m: MRef, direction: u64) -> bool {
        if self.timer.is_none() {
            return self.quiet.is(direction);
        }
        // SAFETY: the caller holds the lock, and keeps it.
        let state = std::mem::ManuallyDrop::new(unsafe { self.state.assume_locked() });
        !self.timer_is_ready(m, &state)
    }

    unsafe fn join(&self, m: MRef, direction: u64, waiter: &Waiter) {
        // SAFETY: as above.
        let mut state = std::mem::ManuallyDrop::new(unsafe { self.state.assume_locked() });
        if direction == SEND {
            // SAFETY: the waiter stays (contract).
            unsafe { state.senders.push(waiter) };
            self.quiet.disturb(RECV);
        } else {
            // SAFETY: the waiter stays (contract).
            unsafe { state.receivers.push(waiter) };
            self.quiet.disturb(SEND);
            self.block(m, &state);
        }
    }

    fn withdraw(&self, m: MRef, direction: u64, waiter: &Waiter) {
        let mut state = self.state.lock();
        if direction == SEND {
            state.senders.remove(waiter);
        } else {
            state.receivers.remove(waiter);
            self.unblock(m, &state);
        }
    }

    fn outlook(&self, direction: u64) -> Outlook {
        Core::outlook(self, direction)
    }

    fn wants_withdrawal(&self) -> bool {
        self.timer.is_some()
    }
}

/// The word that says whether a channel may be ready.
pub(crate) fn quiet_of<T>(core: &Core<T>) -> &Quiet {
    &core.quiet
}
