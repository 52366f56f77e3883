//! The counting part of `Semaphore`: a number of tokens, and a queue of those who
//! wait for some of them, first come, first served.
//!
//! Who comes takes its tokens at once only if nobody waits; else a stream of small
//! requests would starve a large one. The head of the queue is served when it can be,
//! and nobody before it.
//!
//! A wait can be given up (its context has ended). Giver and canceller race for the
//! waiter under the lock, and `WaitQueue::remove` tells who won. The waiter lies in the
//! frame of the goroutine that waits, so the canceller, who may come at any time, knows
//! it through a [`Ticket`]: under the lock its pointer leads to a waiter that is still
//! there, or is null.

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::loom::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};
use crate::race;
use crate::sched::MRef;
use std::panic::Location;

pub(crate) struct Weighted {
    size: u64,
    state: SpinLock<State>,
}

struct State {
    held: u64,
    waiting: WaitQueue,
    /// What was done before each give-back, for who takes.
    clock: race::Clock,
}

/// A wait that somebody else may give up. Its fields are used under the lock of the
/// semaphore (so all orderings are relaxed).
pub(crate) struct Ticket {
    given_up: AtomicBool,
    waiter: AtomicPtr<Waiter>,
}

impl Ticket {
    pub(crate) fn new() -> Self {
        Ticket {
            given_up: AtomicBool::new(false),
            waiter: AtomicPtr::new(std::ptr::null_mut()),
        }
    }
}

impl State {
    /// Takes `n` of `size` tokens if they are there and nobody waits.
    fn take(&mut self, size: u64, n: u64, m: MRef) -> bool {
        let there = self.waiting.is_empty() && size - self.held >= n;
        if there {
            self.held += n;
            race::acquire(m, &self.clock);
        }
        there
    }

    /// Serves those at the head of the queue.
    fn serve(&mut self, size: u64, m: MRef) {
        while let Some(first) = self.waiting.pop() {
            // SAFETY: `wait` put a pointer to a number in its frame there, and that
            // frame waits.
            let n = unsafe { *first.slot.get().cast::<u64>() };
            if size - self.held < n {
                // SAFETY: the waiter's frame still waits.
                unsafe { self.waiting.push_front(first) };
                return;
            }
            self.held += n;
            first.done.set(true);
            race::acquire_for(m, first.g, &self.clock);
            kernel::ready_published(m, first.g);
        }
    }
}

impl Weighted {
    crate::loom::const_outside_models! {
        pub(crate) fn new(size: u64) -> Self {
            Weighted {
                size,
                state: SpinLock::new(State {
                    held: 0,
                    waiting: WaitQueue::new(),
                    clock: race::Clock::new(),
                }),
            }
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Tokens taken at this moment.
    pub(crate) fn held(&self) -> u64 {
        let m = kernel::enter_quietly();
        let held = self.state.lock().held;
        kernel::leave(m);
        held
    }

    /// Takes `n` tokens if that is possible at once.
    pub(crate) fn try_take(&self, n: u64) -> bool {
        let m = kernel::enter();
        let taken = self.state.lock().take(self.size, n, m);
        kernel::leave(m);
        taken
    }

    /// Takes `n` tokens, at most `size`, waiting for them if need be; `false` if the
    /// wait was given up by way of `ticket`.
    pub(crate) fn wait(
        &self,
        mut n: u64,
        ticket: Option<&Ticket>,
        at: &'static Location<'static>,
    ) -> bool {
        let m = kernel::enter_quietly();
        let mut state = self.state.lock();
        if ticket.is_some_and(|ticket| ticket.given_up.load(Relaxed)) {
            drop(state);
            kernel::leave(m);
            return false;
        }
        if state.take(self.size, n, m) {
            drop(state);
            kernel::leave(m);
            return true;
        }
        let waiter = Waiter::new(m, WaitReason::Semacquire, at, (&raw mut n).cast());
        if let Some(ticket) = ticket {
            let waiter = std::ptr::from_ref(&waiter).cast_mut();
            ticket.waiter.store(waiter, Relaxed);
        }
        // SAFETY: this frame parks until the waiter was popped or removed.
        unsafe { state.waiting.push(&waiter) };
        drop(state);
        let m = kernel::park_published(m);
        if let Some(ticket) = ticket {
            // Nobody may follow the pointer once this frame is gone.
            let state = self.state.lock();
            ticket.waiter.store(std::ptr::null_mut(), Relaxed);
            drop(state);
        }
        kernel::leave(m);
        waiter.done.get()
    }

    /// Gives up the wait of `ticket`, now or when it begins. Nothing if it has its
    /// tokens.
    pub(crate) fn give_up(&self, ticket: &Ticket) {
        let m = kernel::enter_quietly();
        let mut state = self.state.lock();
        ticket.given_up.store(true, Relaxed);
        // SAFETY: under the lock it is null or leads to a frame that is there.
        let waiter = unsafe { ticket.waiter.load(Relaxed).as_ref() };
        if let Some(waiter) = waiter
            && state.waiting.remove(waiter)
        {
            kernel::ready_published(m, waiter.g);
            // It may have been what the others waited behind.
            state.serve(self.size, m);
        }
        drop(state);
        kernel::leave(m);
    }

    /// Gives `n` tokens back; `false` if not that many were taken.
    pub(crate) fn give_back(&self, n: u64) -> bool {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let left = state.held.checked_sub(n);
        if let Some(left) = left {
            state.held = left;
            race::release(m, &state.clock);
            state.serve(self.size, m);
        }
        drop(state);
        kernel::leave(m);
        left.is_some()
    }
}
