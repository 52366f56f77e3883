//! Waiting for a descriptor, and until when.
//!
//! **Deadlines.** A waiter has one: the descriptor's for this side, or its own
//! time limit, whichever is sooner. Each side has one timer, armed for the
//! earliest; when it fires, it ends the waits that are over and arms itself for the
//! rest. It is not disarmed when a wait ends well: a connection that sets a time
//! limit on each of its thousand reads touches the timer heap once in that time,
//! and not two thousand times. Closing disarms it.

use super::super::thread;
use super::{Back, Desc, SIDES, Side, Stopped};
use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::netpoll::ReadyList;
use crate::sched::MRef;
use crate::sched::m::Kind;
use crate::sched::timers::{NEVER, Node};
use crate::sys;
use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// One who waits; lies in his frame.
pub(super) struct Wait {
    waiter: Waiter,
    deadline: u64,
    /// A plain thread's bell, or -1 for a goroutine.
    pub(super) rope: i32,
    pub(super) outcome: Cell<Result<(), Stopped>>,
}

impl Wait {
    /// The `Wait` whose waiter this is.
    pub(super) fn of(waiter: &Waiter) -> &Wait {
        // SAFETY: `Wait::link` set the slot, and whoever is in a queue is alive.
        unsafe { &*waiter.slot.get().cast::<Wait>() }
    }

    fn new(m: MRef, at: &'static Location<'static>, deadline: u64, rope: i32) -> Wait {
        Wait {
            waiter: Waiter::new(m, WaitReason::IoWait, at, std::ptr::null_mut()),
            deadline,
            rope,
            outcome: Cell::new(Ok(())),
        }
    }

    /// Once it lies where it stays.
    fn link(&self) -> &Waiter {
        self.waiter
            .slot
            .set(std::ptr::from_ref(self).cast_mut().cast());
        &self.waiter
    }
}

impl Desc {
    /// Waits until the operation is worth another try. `fd` is the descriptor,
    /// `seen` the events before the try that failed, `until` this operation's own
    /// time limit or `NEVER`.
    pub(crate) fn wait(
        &'static self,
        fd: i32,
        side: Side,
        seen: u32,
        until: u64,
        at: &'static Location<'static>,
    ) -> Result<(), Stopped> {
        let m = kernel::enter();
        match m.kind.get() {
            Kind::Parallel => self.park(m, fd, side, seen, until, at),
            _ => self.block(m, fd, side, seen, until, at),
        }
    }

    /// Whether to wait at all, under the lock: `None` to try again at once, else
    /// until when.
    fn wait_until(&self, side: Side, seen: u32, until: u64) -> Result<Option<u64>, Stopped> {
        let front = self.front(side);
        if self.closed.load(Relaxed) {
            return Err(Stopped::Closed);
        }
        if front.events.load(Relaxed) != seen {
            return Ok(None);
        }
        let until = match front.deadline.load(Relaxed) {
            0 => until,
            deadline => deadline.min(until),
        };
        if until != NEVER && sys::monotonic_ns() >= until {
            return Err(Stopped::TimedOut);
        }
        Ok(Some(until))
    }

    /// A goroutine waits.
    fn park(
        &'static self,
        m: MRef,
        fd: i32,
        side: Side,
        seen: u32,
        until: u64,
        at: &'static Location<'static>,
    ) -> Result<(), Stopped> {
        let mut state = self.state.lock();
        let until = match self.wait_until(side, seen, until) {
            Ok(Some(until)) => until,
            other => {
                drop(state);
                kernel::leave(m);
                return other.map(|_| ());
            }
        };
        // A system call under the lock, but only at the descriptor's first wait
        // in this direction.
        if let Err(errno) = self.watch(&mut state, m.rt(), fd, side) {
            drop(state);
            kernel::leave(m);
            return Err(Stopped::System(errno));
        }
        let wait = Wait::new(m, at, until, -1);
        let back = &mut state.sides[side as usize];
        // We found nothing, and nothing has come since.
        back.more = false;
        // SAFETY: this frame parks until somebody has popped the waiter.
        unsafe { back.queue.push(wait.link()) };
        let waiting = &self.front(side).waiting;
        waiting.store(waiting.load(Relaxed) + 1, Relaxed);
        if until != NEVER {
            self.arm(back, m, side, until);
        }
        // SeqCst: before we can be found asleep (`Rt::all_asleep`).
        m.rt().io_waiters.fetch_add(1, SeqCst);
        drop(state);
        let m = kernel::park_published(m);
        m.rt().io_waiters.fetch_sub(1, SeqCst);
        kernel::leave(m);
        wait.outcome.get()
    }

    /// A plain thread waits.
    fn block(
        &'static self,
        m: MRef,
        fd: i32,
        side: Side,
        seen: u32,
        until: u64,
        at: &'static Location<'static>,
    ) -> Result<(), Stopped> {
        let waited = thread::with_bell(|bell| {
            let mut state = self.state.lock();
            let Some(until) = self.wait_until(side, seen, until)? else {
                return Ok(());
            };
            // Its own time limit is poll(2)'s business.
            let wait = Wait::new(m, at, NEVER, bell.rope());
            let back = &mut state.sides[side as usize];
            back.more = false;
            // SAFETY: taken out below, before this frame goes.
            unsafe { back.queue.push(wait.link()) };
            let waiting = &self.front(side).waiting;
            waiting.store(waiting.load(Relaxed) + 1, Relaxed);
            drop(state);
            let timeout = (until != NEVER).then(|| until.saturating_sub(sys::monotonic_ns()));
            thread::wait(fd, side.bit(), bell, timeout);
            let mut state = self.state.lock();
            if state.sides[side as usize].queue.remove(&wait.waiter) {
                waiting.store(waiting.load(Relaxed) - 1, Relaxed);
            }
            drop(state);
            wait.outcome.get()
        });
        kernel::leave(m);
        match waited {
            Ok(outcome) => outcome,
            Err(error) => Err(Stopped::System(
                error.raw_os_error().unwrap_or(libc::EMFILE),
            )),
        }
    }

    /// Sees to it that the side's timer fires at `when` or before.
    fn arm(&'static self, back: &mut Back, m: MRef, side: Side, when: u64) {
        let timer = &self.timers[side as usize];
        if back.armed != 0 {
            let here = back.armed_in.map(std::ptr::from_ref) == m.rt.get().map(std::ptr::from_ref);
            if here && back.armed <= when {
                return;
            }
            // When it is about to fire, it looks at all waiters and arms itself.
            if !timer.stop(m) {
                return;
            }
        }
        back.armed = when;
        back.armed_in = m.rt.get();
        let arg = std::ptr::from_ref(self)
            .cast::<u8>()
            .wrapping_add(side as usize)
            .cast_mut();
        // SAFETY: it lies in the slab, and `armed` was 0 or it has been stopped.
        unsafe { timer.start(m, when, overdue, arg) };
    }
}

/// A side's timer is due.
fn overdue(node: &'static Node, m: MRef) {
    let arg = node.arg.get();
    let side = SIDES[arg as usize & 1];
    let at = arg.wrapping_sub(side as usize).cast::<Desc>();
    // SAFETY: `arm` set it, and Descs live for ever.
    let desc: &'static Desc = unsafe { &*at };
    let mut list = ReadyList::new();
    let mut state = desc.state.lock();
    let back = &mut state.sides[side as usize];
    back.armed = 0;
    let now = kernel::now_ns(m);
    let mut others = WaitQueue::new();
    let mut first = NEVER;
    while let Some(waiter) = back.queue.pop() {
        let deadline = Wait::of(waiter).deadline;
        if deadline > now {
            first = first.min(deadline);
            // SAFETY: it was in a queue, and goes to another under the same lock.
            unsafe { others.push(waiter) };
        } else if let Some(g) = desc.release(side, waiter, Err(Stopped::TimedOut)) {
            list.push(g);
        }
    }
    back.queue = others;
    if first != NEVER {
        desc.arm(back, m, side, first);
    }
    drop(state);
    list.for_each(|g| kernel::ready_published(m, g));
}
