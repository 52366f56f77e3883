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
//! **Deadlines.** A waiter has one: the descriptor's for this side, or its own
//! time limit, whichever is sooner. Each side has one timer, armed for the
//! earliest; when it fires, it ends the waits that are over and arms itself for the
//! rest. It is not disarmed when a wait ends well: a connection that sets a time
//! limit on each of its thousand reads touches the timer heap once in that time,
//! and not two thousand times. Closing disarms it.
//!
//! Descs come from a slab and are recycled, never freed; `generation` in the tag
//! that the kernel hands back tells an event of the last owner from one of this.
//!
//! Lock order: a Desc, then the scheduler's or a timer heap's.

use super::queue::ring_bell;
use super::{READ, ReadyList, WRITE, thread};
use crate::kernel::{self, Timer, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::sched::m::Kind;
use crate::sched::timers::{NEVER, Node};
use crate::sched::{GRef, Home, MRef, Rt};
use crate::slab::{Slab, Zeroed};
use crate::sys::{self, PageVec};
use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

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

/// The pollers that watch the descriptor: nearly always at most one.
struct Watched {
    first: Option<Watch>,
    others: PageVec<Watch>,
}

#[derive(Clone, Copy)]
struct Watch {
    poller: &'static super::Poller,
    directions: u8,
}

// SAFETY: zeroed atomics, null pointers, empty queues and an unlocked lock. Timers
// are set before they are armed.
unsafe impl Zeroed for Desc {}
// SAFETY: queues and cells are used under the lock; timer nodes as `timers` says.
unsafe impl Sync for Desc {}

static SLAB: Slab<Desc> = Slab::new();

/// One who waits; lies in his frame.
struct Wait {
    waiter: Waiter,
    deadline: u64,
    /// A plain thread's bell, or -1 for a goroutine.
    rope: i32,
    outcome: Cell<Result<(), Stopped>>,
}

impl Wait {
    /// The `Wait` whose waiter this is.
    fn of(waiter: &Waiter) -> &Wait {
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
            if ready & super::UNSURE != 0 {
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

    /// Has the runtime's poller watch `fd` in this direction.
    fn watch(&self, state: &mut State, rt: &'static Rt, fd: i32, side: Side) -> Result<(), i32> {
        let poller = rt.poller_or_open()?;
        let tag = self.tag(state);
        let entry = state.watched.entry(poller);
        let had = entry.as_ref().map_or(0, |watch| watch.directions);
        if had & side.bit() != 0 {
            return Ok(());
        }
        let directions = had | side.bit();
        poller.queue.watch(fd, tag, had, directions)?;
        match entry {
            Some(watch) => watch.directions = directions,
            None => state.watched.add(Watch { poller, directions }),
        }
        Ok(())
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

impl Watched {
    fn entry(&mut self, poller: &'static super::Poller) -> Option<&mut Watch> {
        self.first
            .iter_mut()
            .chain(self.others.iter_mut())
            .find(|watch| std::ptr::eq(watch.poller, poller))
    }

    fn add(&mut self, watch: Watch) {
        match self.first {
            None => self.first = Some(watch),
            Some(_) => self.others.push(watch),
        }
    }

    fn forget(&mut self, fd: i32) {
        let first = self.first.take();
        let others = std::mem::replace(&mut self.others, PageVec::new());
        for watch in first.iter().chain(others.iter()) {
            watch.poller.queue.forget(fd);
        }
    }
}
