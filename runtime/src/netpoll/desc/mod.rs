//! One descriptor's waiting: who waits to read, who to write, until when.
//!
//! An operation tries its system call first and comes here when that "would block":
//!
//! ```text
//!   seen = desc.seen(side)          the number of events so far
//!   system call -> would block
//!   desc.wait(side, seen, …)        an event since? then at once: try again
//! ```
//!
//! Counting events closes the gap between the call and the wait, and makes every
//! superfluous event harmless: somebody tries once more.
//!
//! **One event, one goroutine.** Several may wait on one side (acceptors, readers
//! of a UDP socket). An edge-triggered event wakes the first of them; when its
//! operation has succeeded there may be more to have, so it wakes the next
//! (`pass_on`), until one finds nothing and waits again. `more` remembers that
//! nobody has found nothing since the last event. What arrives after somebody
//! found nothing brings an event of its own, so nobody is forgotten, and an event
//! never wakes more goroutines than it brings work, but one.
//!
//! Descs come from a slab and are recycled, never freed; `generation` in the tag
//! that the kernel hands back tells an event of the last owner from one of this.
//!
//! `wait.rs` has the waiting itself and the deadlines, `watched.rs` which pollers
//! know the descriptor. Lock order: a Desc, then the scheduler's or a timer heap's.

#[cfg(test)]
mod tests;
mod wait;
mod watched;

use super::queue::ring_bell;
use super::{READ, ReadyList, UNSURE, WRITE};
use crate::kernel::{self, Timer, WaitQueue, Waiter};
use crate::lock::SpinLock;
use crate::sched::{GRef, Home, Rt};
use crate::slab::{Slab, Zeroed};
use crate::sys;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use wait::Wait;
use watched::Watched;

/// Which half of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Read = 0,
    Write = 1,
}

const SIDES: [Side; 2] = [Side::Read, Side::Write];

impl Side {
    fn bit(self) -> u8 {
        match self {
            Side::Read => READ,
            Side::Write => WRITE,
        }
    }
}

/// Why a wait ended although the descriptor is not ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stopped {
    TimedOut,
    Closed,
    /// The system refuses to watch the descriptor: errno.
    System(i32),
}

#[repr(C, align(64))]
pub(crate) struct Desc {
    fronts: [Front; 2],
    timers: [Timer; 2],
    closed: AtomicBool,
    /// See `UNSURE`.
    unsure: AtomicBool,
    state: SpinLock<State>,
}

/// What operations look at without the lock; changed under it.
struct Front {
    events: AtomicU32,
    waiting: AtomicU32,
    /// Nanoseconds of the monotonic clock; 0 is none.
    deadline: AtomicU64,
}

struct State {
    generation: u16,
    sides: [Back; 2],
    watched: Watched,
}

struct Back {
    queue: WaitQueue,
    /// Nobody found nothing since the last event.
    more: bool,
    /// When the side's timer is due, and in whose heap; 0 while it is in none.
    armed: u64,
    armed_in: Option<&'static Rt>,
}

// SAFETY: zeroed atomics, null pointers, empty queues and an unlocked lock. Timers
// are set before they are armed.
unsafe impl Zeroed for Desc {}
// SAFETY: queues and cells are used under the lock; timer nodes as `timers` says.
unsafe impl Sync for Desc {}

static SLAB: Slab<Desc> = Slab::new();

impl Desc {
    /// A desc for a new descriptor.
    pub(crate) fn new() -> &'static Desc {
        let m = kernel::enter_quietly();
        let desc = SLAB.alloc_one();
        kernel::leave(m);
        desc
    }

    fn front(&self, side: Side) -> &Front {
        &self.fronts[side as usize]
    }

    /// How many events there were so far, to be read before the system call.
    #[inline]
    pub(crate) fn seen(&self, side: Side) -> u32 {
        // Acquire: the system call comes after.
        self.front(side).events.load(Acquire)
    }

    /// Whether a read that leaves room has taken all there was, asked after `seen`.
    #[inline]
    pub(crate) fn short_read_drains(&self) -> bool {
        // Relaxed: ordered by the count of events.
        !self.unsure.load(Relaxed)
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // Acquire: pairs with the release in `close`: who sees the consequence
        // of closing sees the cause.
        self.closed.load(Acquire)
    }

    /// Whether an operation may begin: not on a closed descriptor, and not after
    /// the deadline, even if it would not have to wait.
    #[inline]
    pub(crate) fn may_begin(&self, side: Side) -> Result<(), Stopped> {
        if self.is_closed() {
            return Err(Stopped::Closed);
        }
        // Relaxed: who sets a deadline while operations begin has no order to ask.
        let deadline = self.front(side).deadline.load(Relaxed);
        if deadline != 0 && sys::monotonic_ns() >= deadline {
            return Err(Stopped::TimedOut);
        }
        Ok(())
    }

    /// An operation found something: if others wait, and there may be more, it
    /// is their turn.
    #[inline]
    pub(crate) fn pass_on(&'static self, side: Side) {
        // Relaxed: whoever waited at the event that woke us is known to us; who
        // came later found nothing after us, or is woken by a later event.
        if self.front(side).waiting.load(Relaxed) != 0 {
            self.wake_next(side);
        }
    }

    #[cold]
    fn wake_next(&'static self, side: Side) {
        let m = kernel::enter_quietly();
        let mut state = self.state.lock();
        let g = if state.sides[side as usize].more {
            self.pop(&mut state, side, Ok(()))
        } else {
            None
        };
        drop(state);
        if let Some(g) = g {
            kernel::ready_published(m, g);
        }
        kernel::leave(m);
    }

    /// Takes the first waiter out and tells it the outcome. A goroutine is the
    /// caller's to ready; a plain thread is woken here.
    fn pop(&self, state: &mut State, side: Side, outcome: Result<(), Stopped>) -> Option<GRef> {
        let waiter = state.sides[side as usize].queue.pop()?;
        self.release(side, waiter, outcome)
    }

    /// The second half of `pop`, under the same lock.
    fn release(&self, side: Side, waiter: &Waiter, outcome: Result<(), Stopped>) -> Option<GRef> {
        let wait = Wait::of(waiter);
        let waiting = &self.front(side).waiting;
        waiting.store(waiting.load(Relaxed) - 1, Relaxed);
        wait.outcome.set(outcome);
        if wait.rope >= 0 {
            ring_bell(wait.rope);
            return None;
        }
        debug_assert_eq!(waiter.g.home.get(), Home::Parallel);
        Some(waiter.g)
    }

    fn pop_all(
        &self,
        state: &mut State,
        side: Side,
        outcome: Result<(), Stopped>,
        list: &mut ReadyList,
    ) {
        while let Some(waiter) = state.sides[side as usize].queue.pop() {
            if let Some(g) = self.release(side, waiter, outcome) {
                list.push(g);
            }
        }
    }

    /// What the kernel hands back with an event.
    fn tag(&self, state: &State) -> u64 {
        let at = std::ptr::from_ref(self).expose_provenance() as u64;
        debug_assert_eq!(at >> 48, 0, "user addresses have 48 bits");
        at | u64::from(state.generation) << 48
    }

    /// An event of the kernel's: the directions in `ready` are. Goroutines that
    /// are to run are given to `deliver`.
    pub(super) fn event(tag: u64, ready: u8, mut deliver: impl FnMut(GRef)) {
        let at = std::ptr::with_exposed_provenance::<Desc>((tag & !(0xFFFF << 48)) as usize);
        // SAFETY: tags are made by `tag`, and Descs live for ever.
        let desc: &'static Desc = unsafe { &*at };
        let mut woken = [None, None];
        {
            let mut state = desc.state.lock();
            if u64::from(state.generation) != tag >> 48 {
                return;
            }
            if ready & UNSURE != 0 {
                // Relaxed: published by the release below.
                desc.unsure.store(true, Relaxed);
            }
            for side in SIDES {
                if ready & side.bit() == 0 {
                    continue;
                }
                let events = &desc.front(side).events;
                // Release: pairs with `seen`. Written under the lock only.
                events.store(events.load(Relaxed).wrapping_add(1), Release);
                state.sides[side as usize].more = true;
                woken[side as usize] = desc.pop(&mut state, side, Ok(()));
            }
        }
        woken.into_iter().flatten().for_each(&mut deliver);
    }

    /// Sets the time after which operations on this side fail; 0 is never. Those
    /// that wait now go by the new one.
    pub(crate) fn set_deadline(&'static self, side: Side, deadline: u64) {
        let m = kernel::enter_quietly();
        let mut list = ReadyList::new();
        let mut state = self.state.lock();
        self.front(side).deadline.store(deadline, Relaxed);
        self.pop_all(&mut state, side, Ok(()), &mut list);
        drop(state);
        list.for_each(|g| kernel::ready_published(m, g));
        kernel::leave(m);
    }

    /// Ends all waits, and lets no other begin; `false` if that is so already. The
    /// descriptor `fd` is still open.
    pub(crate) fn close(&'static self, fd: i32) -> bool {
        let m = kernel::enter_quietly();
        let mut list = ReadyList::new();
        let mut state = self.state.lock();
        // Release: pairs with `is_closed`.
        let first = !self.closed.swap(true, Release);
        for side in SIDES {
            self.pop_all(&mut state, side, Err(Stopped::Closed), &mut list);
            let back = &mut state.sides[side as usize];
            if back.armed != 0 && self.timers[side as usize].stop(m) {
                back.armed = 0;
            }
        }
        state.watched.forget(fd);
        // What the kernel has told already is for nobody.
        state.generation = state.generation.wrapping_add(1);
        drop(state);
        list.for_each(|g| kernel::ready_published(m, g));
        kernel::leave(m);
        first
    }

    /// Gives the desc back; `fd` is still open.
    ///
    /// # Safety
    /// The owner uses it no more, and nobody waits.
    pub(crate) unsafe fn retire(&'static self, fd: i32) {
        self.close(fd);
        let m = kernel::enter_quietly();
        for side in SIDES {
            self.front(side).deadline.store(0, Relaxed);
        }
        self.closed.store(false, Relaxed);
        self.unsure.store(false, Relaxed);
        SLAB.free(std::iter::once(self));
        kernel::leave(m);
    }
}
