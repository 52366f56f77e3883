//! Waiters and the queues they wait in.
//!
//! A waiter lies in the frame of the goroutine that waits; the queue is a doubly
//! linked list through the waiters, guarded by the lock of the primitive that owns
//! it. Nothing is allocated. A waiter leaves the queue by `pop` (the waker) or
//! `remove` (itself, a select that another case won), under that lock.
//!
//! A goroutine that selects waits in several queues at once. The first waker to
//! set `G::selected` wins it; `pop` passes over waiters that were won elsewhere.

use crate::sched::{GRef, MRef};
use std::cell::Cell;
use std::panic::Location;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

/// Not part of a select.
const ALONE: u32 = 0;

pub(crate) struct Waiter {
    pub(crate) g: GRef,
    /// Where the waker puts a value or takes it from.
    pub(crate) slot: Cell<*mut u8>,
    /// Written by the waker: the operation took place (not: the channel closed).
    pub(crate) done: Cell<bool>,
    /// The case's number plus one in a select, or `ALONE`.
    case: u32,
    queued: Cell<bool>,
    next: Cell<*const Waiter>,
    prev: Cell<*const Waiter>,
}

impl Waiter {
    /// A waiter for the current goroutine. Notes why it is about to wait, so it is
    /// to be published and parked on next.
    #[inline(always)]
    pub(crate) fn new(
        m: MRef,
        reason: super::WaitReason,
        at: &'static Location<'static>,
        slot: *mut u8,
    ) -> Waiter {
        let g = m.g();
        g.about_to_wait(reason, at);
        Waiter {
            g,
            slot: Cell::new(slot),
            done: Cell::new(false),
            case: ALONE,
            queued: Cell::new(false),
            next: Cell::new(null()),
            prev: Cell::new(null()),
        }
    }

    /// A waiter for case `case` of a select of the current goroutine, which calls
    /// `G::about_to_wait` itself and has cleared `G::selected`.
    pub(crate) fn for_case(g: GRef, case: usize, slot: *mut u8) -> Waiter {
        Waiter {
            g,
            slot: Cell::new(slot),
            done: Cell::new(false),
            case: case as u32 + 1,
            queued: Cell::new(false),
            next: Cell::new(null()),
            prev: Cell::new(null()),
        }
    }
}

/// First come, first served.
pub(crate) struct WaitQueue {
    first: *const Waiter,
    last: *const Waiter,
}

// SAFETY: only used under the lock of the primitive that owns it; the waiters
// live until they are out of the queue.
unsafe impl Send for WaitQueue {}

impl WaitQueue {
    pub(crate) const fn new() -> Self {
        WaitQueue {
            first: null_mut(),
            last: null_mut(),
        }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let mut n = 0;
        let mut at = self.first;
        // SAFETY: waiters in the queue are alive.
        while let Some(waiter) = unsafe { at.as_ref() } {
            n += 1;
            at = waiter.next.get();
        }
        n
    }

    /// Appends a waiter.
    ///
    /// # Safety
    /// The waiter stays where it is until it is out of the queue: its frame parks
    /// on it, or removes it.
    #[inline]
    pub(crate) unsafe fn push(&mut self, waiter: &Waiter) {
        waiter.queued.set(true);
        waiter.next.set(null());
        waiter.prev.set(self.last);
        // SAFETY: waiters in the queue are alive (contract of `push`).
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(waiter),
            None => self.first = waiter,
        }
        self.last = waiter;
    }

    /// Puts a waiter before all others: one that was woken and lost its turn.
    ///
    /// # Safety
    /// As for `push`.
    pub(crate) unsafe fn push_front(&mut self, waiter: &Waiter) {
        waiter.queued.set(true);
        waiter.prev.set(null());
        waiter.next.set(self.first);
        // SAFETY: waiters in the queue are alive.
        match unsafe { self.first.as_ref() } {
            Some(first) => first.prev.set(waiter),
            None => self.last = waiter,
        }
        self.first = waiter;
    }

    /// Takes the first waiter that can still be won. The reference is good until
    /// its goroutine is readied.
    #[inline]
    pub(crate) fn pop<'a>(&mut self) -> Option<&'a Waiter> {
        loop {
            // SAFETY: waiters in the queue are alive.
            let waiter = unsafe { self.first.as_ref() }?;
            self.unlink(waiter);
            if waiter.case == ALONE {
                return Some(waiter);
            }
            // AcqRel: one waker wins; it sees all that the selecting goroutine
            // wrote before it published itself.
            if waiter
                .g
                .selected
                .compare_exchange(0, waiter.case, AcqRel, Relaxed)
                .is_ok()
            {
                return Some(waiter);
            }
        }
    }

    /// Takes this very waiter out; `false` when it is no longer in.
    pub(crate) fn remove(&mut self, waiter: &Waiter) -> bool {
        let queued = waiter.queued.get();
        if queued {
            self.unlink(waiter);
        }
        queued
    }

    #[inline]
    fn unlink(&mut self, waiter: &Waiter) {
        let (prev, next) = (waiter.prev.get(), waiter.next.get());
        // SAFETY: neighbours are in the queue and so alive.
        match unsafe { prev.as_ref() } {
            Some(prev) => prev.next.set(next),
            None => self.first = next,
        }
        // SAFETY: as above.
        match unsafe { next.as_ref() } {
            Some(next) => next.prev.set(prev),
            None => self.last = prev,
        }
        waiter.queued.set(false);
    }
}
