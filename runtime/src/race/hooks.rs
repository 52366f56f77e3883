//! What primitives tell the race detector.
//!
//! Each hook is one predictable branch while nobody watches. They are called
//! inside the runtime, under the lock of the primitive that owns the clock.
//!
//! ```text
//!   acquire(m, &clock)            what was released into it happened before now
//!   release(m, &clock)            what we did happens before whoever acquires
//!   acquire_for / release_for     the same for a goroutine that waits
//!   pass_to(m, g)                 a signal to a goroutine that waits
//!   watching, point_watching      for operations outside of the runtime
//!   meet(m, g)                    both: an unbuffered send and its receive
//!   Slots                         the places of a buffered channel
//!   started, ended                a goroutine's clock begins, and goes
//!   armed, fired                  a timer's start happens before its action
//! ```
//!
//! How a primitive is wired, by example. A lock: `acquire` after it was taken,
//! `release` before it is given back, both while it is held. A reader-writer lock
//! has two clocks: writers release into both and acquire both, a reader acquires
//! the first and releases into the second. A WaitGroup: `done` releases, `wait`
//! acquires. Once: release when the function has returned, acquire by every
//! caller. An atomic: acquire, the operation, release, under a lock of its own
//! (`Shared`, `atomically`).

use super::clock::{Clock, PARALLEL};
use super::slots;
use crate::sched::m::Kind;
use crate::sched::{GRef, Home, MRef};
use std::sync::atomic::Ordering::Relaxed;

/// Whether somebody watches this thread: a deterministic run, or the race
/// detector.
#[inline(always)]
pub(crate) fn on(m: MRef) -> bool {
    m.watched.get()
}

/// Runs `f` inside the runtime if somebody watches this thread: for operations that
/// do not enter it otherwise. No choice point.
#[inline(always)]
pub(crate) fn watching(f: impl FnOnce(MRef)) {
    if crate::kernel::somebody_watches() {
        watching_here(f);
    }
}

#[inline(never)]
fn watching_here(f: impl FnOnce(MRef)) {
    if crate::sched::m::current().is_some_and(on) {
        let m = crate::kernel::enter_quietly();
        f(m);
        crate::kernel::leave(m);
    }
}

/// A choice point, and then as [`watching`]: one branch while nobody watches.
#[inline(always)]
pub(crate) fn point_watching(f: impl FnOnce(MRef)) {
    if crate::kernel::somebody_watches() {
        crate::kernel::point();
        watching_here(f);
    }
}

/// What the caller did happens before what `g`, which it is about to ready, does
/// next: a signal.
#[inline(always)]
pub(crate) fn pass_to(m: MRef, g: GRef) {
    if on(m)
        && let Some((mine, me)) = actor(m)
    {
        clock_of(g).take_in(mine);
        if let Some(me) = me {
            tick(me);
        }
    }
}

/// The clock of whoever acts: a timer that fires, else the current goroutine.
fn actor<'a>(m: MRef) -> Option<(&'a Clock, Option<GRef>)> {
    // SAFETY: set for the time of a timer's action, to that timer's clock.
    if let Some(clock) = unsafe { m.acting.get().as_ref() } {
        return Some((clock, None));
    }
    let g = m.g.get()?;
    Some((clock_of(g), Some(g)))
}

/// A goroutine's clock; it begins here if it had none.
pub(super) fn clock_of<'a>(g: GRef) -> &'a Clock {
    if g.race_slot.get() == 0 {
        begin(g, PARALLEL, slots::take());
    }
    &g.race_clock
}

fn begin(g: GRef, era: u64, (slot, count): (u32, u64)) {
    g.race_slot.set(slot);
    g.race_clock.begin(era);
    g.race_clock.set(slot, count);
}

/// Passing knowledge on ends an epoch.
fn tick(g: GRef) {
    let slot = g.race_slot.get();
    g.race_clock.set(slot, g.race_clock.knows(slot) + 1);
}

/// What was released into `clock` happened before what the caller does next.
#[inline(always)]
pub(crate) fn acquire(m: MRef, clock: &Clock) {
    if on(m) {
        acquire_watched(m, clock);
    }
}

#[inline(never)]
fn acquire_watched(m: MRef, clock: &Clock) {
    if let Some((mine, _)) = actor(m) {
        mine.take_in(clock);
    }
}

/// What the caller did happens before whatever acquires `clock` from now on.
#[inline(always)]
pub(crate) fn release(m: MRef, clock: &Clock) {
    if on(m) {
        release_watched(m, clock);
    }
}

#[inline(never)]
fn release_watched(m: MRef, clock: &Clock) {
    if let Some((mine, g)) = actor(m) {
        clock.take_in_from_goroutine(mine);
        if let Some(g) = g {
            tick(g);
        }
    }
}

/// As [`acquire`], for a goroutine that waits and is about to be readied.
#[inline(always)]
pub(crate) fn acquire_for(m: MRef, g: GRef, clock: &Clock) {
    if on(m) {
        clock_of(g).take_in(clock);
    }
}

/// As [`release`], for a goroutine that waits and is about to be readied.
#[inline(always)]
#[allow(dead_code, reason = "for primitives whose waker acts for the waiter")]
pub(crate) fn release_for(m: MRef, g: GRef, clock: &Clock) {
    if on(m) {
        clock.take_in_from_goroutine(clock_of(g));
        tick(g);
    }
}

/// An unbuffered hand-over between the caller and a goroutine that waits: what
/// each did before happened before what the other does after.
#[inline(always)]
fn meet(m: MRef, g: GRef) {
    let Some((mine, me)) = actor(m) else { return };
    let theirs = clock_of(g);
    theirs.take_in(mine);
    mine.take_in(theirs);
    tick(g);
    if let Some(me) = me {
        tick(me);
    }
}

/// The clocks of a channel: one per place of its buffer (send k happens before
/// the end of receive k, receive k before the end of send k + capacity), and one
/// for its close.
pub(crate) struct Slots {
    closed: Clock,
    places: Box<[Clock]>,
    /// Which place the next send and the next receive use.
    send: usize,
    recv: usize,
}

/// Clocks of one channel at the most.
const MOST_PLACES: usize = 4096;

impl Slots {
    /// For a channel of this capacity; called outside the runtime.
    pub(crate) fn new(capacity: usize) -> Slots {
        let watched = super::enabled() || crate::sched::m::current().is_some_and(on);
        // A buffer of values without a size may be as large as the address space.
        // Values so far apart sharing a clock adds order: it can hide a race, and
        // never makes one up.
        let places = if watched {
            capacity.min(MOST_PLACES)
        } else {
            0
        };
        Slots {
            closed: Clock::new(),
            places: (0..places).map(|_| Clock::new()).collect(),
            send: 0,
            recv: 0,
        }
    }

    fn next(at: &mut usize, places: &[Clock]) -> usize {
        let place = *at;
        *at = if place + 1 == places.len() {
            0
        } else {
            place + 1
        };
        place
    }

    fn exchange(place: &Clock, clock: &Clock, g: Option<GRef>) {
        place.exchange(clock);
        if let Some(g) = g {
            tick(g);
        }
    }

    /// The caller put a value into the buffer.
    #[inline(always)]
    pub(crate) fn stored(&mut self, m: MRef) {
        if on(m) {
            self.stored_watched(m);
        }
    }

    fn stored_watched(&mut self, m: MRef) {
        let Some((clock, g)) = actor(m) else { return };
        if self.places.is_empty() {
            // Made where nobody watched: what is not known cannot be unordered.
            clock.take_in(&self.closed);
            return release(m, &self.closed);
        }
        let at = Self::next(&mut self.send, &self.places);
        Self::exchange(&self.places[at], clock, g);
    }

    /// The caller took a value out of the buffer; `sender` was waiting, and its
    /// value is in the place that became free.
    #[inline(always)]
    pub(crate) fn taken(&mut self, m: MRef, sender: Option<GRef>) {
        if on(m) {
            self.taken_watched(m, sender);
        }
    }

    fn taken_watched(&mut self, m: MRef, sender: Option<GRef>) {
        let Some((clock, g)) = actor(m) else { return };
        if self.places.is_empty() {
            if let Some(sender) = sender {
                self.closed.take_in_from_goroutine(clock_of(sender));
                tick(sender);
            }
            clock.take_in(&self.closed);
            return release(m, &self.closed);
        }
        let at = Self::next(&mut self.recv, &self.places);
        Self::exchange(&self.places[at], clock, g);
        if let Some(sender) = sender {
            let at = Self::next(&mut self.send, &self.places);
            Self::exchange(&self.places[at], clock_of(sender), Some(sender));
        }
    }

    /// The caller, a sender, handed its value to `receiver`, which waits.
    #[inline(always)]
    pub(crate) fn handed_to(&mut self, m: MRef, receiver: GRef) {
        if on(m) {
            self.handed_to_watched(m, receiver);
        }
    }

    fn handed_to_watched(&mut self, m: MRef, receiver: GRef) {
        if self.places.is_empty() {
            return meet(m, receiver);
        }
        // As through the buffer, which is empty: both use the same place.
        let Some((clock, g)) = actor(m) else { return };
        let at = Self::next(&mut self.send, &self.places);
        Self::exchange(&self.places[at], clock, g);
        let at = Self::next(&mut self.recv, &self.places);
        Self::exchange(&self.places[at], clock_of(receiver), Some(receiver));
    }

    /// The caller, a receiver, took the value of `sender`, which waits; there is
    /// no buffer.
    #[inline(always)]
    pub(crate) fn handed_by(&mut self, m: MRef, sender: GRef) {
        if on(m) {
            meet(m, sender);
        }
    }

    /// The caller closes the channel.
    #[inline(always)]
    pub(crate) fn close(&self, m: MRef) {
        release(m, &self.closed);
    }

    /// The caller saw that it is closed.
    #[inline(always)]
    pub(crate) fn saw_closed(&self, m: MRef) {
        acquire(m, &self.closed);
    }

    /// A goroutine that waits is woken by the close.
    #[inline(always)]
    pub(crate) fn woken_by_close(&self, m: MRef, g: GRef) {
        acquire_for(m, g, &self.closed);
    }
}

/// `child` was started by the caller; its clock begins with what the caller
/// knows. `run` numbers the deterministic run, if it is one.
#[inline(always)]
pub(crate) fn started(m: MRef, child: GRef, run: Option<u64>) {
    if on(m) {
        started_watched(m, child, run);
    }
}

#[inline(never)]
fn started_watched(m: MRef, child: GRef, run: Option<u64>) {
    match run {
        // Slots are not used again within a run, so it is exact.
        Some(run) => begin(child, run, (child.id.load(Relaxed) as u32, 1)),
        None => begin(child, PARALLEL, slots::take()),
    }
    if let Some((parent, g)) = actor(m) {
        child.race_clock.take_in(parent);
        if let Some(g) = g {
            tick(g);
        }
    }
}

/// `g` has ended: nothing happens after its end.
#[inline(always)]
pub(crate) fn ended(g: GRef) {
    if g.race_slot.get() != 0 {
        ended_watched(g);
    }
}

#[inline(never)]
fn ended_watched(g: GRef) {
    let slot = g.race_slot.replace(0);
    if g.home.get() != Home::Sim {
        slots::give(slot, g.race_clock.knows(slot));
    }
    g.race_clock.forget();
    g.permit_clock.forget();
}

/// A timer is armed: what the caller did happens before its action.
#[inline(always)]
pub(crate) fn armed(m: MRef, clock: &Clock) {
    release(m, clock);
}

/// Runs a timer's action in the timer's name.
#[inline(always)]
pub(crate) fn fired(m: MRef, clock: &Clock, action: impl FnOnce()) {
    if !on(m) {
        return action();
    }
    // A timer armed by nobody who is watched has an empty clock of no era.
    let before = m.acting.replace(clock);
    action();
    m.acting.set(before);
}

/// What is watched on a thread of this kind, from now on.
pub(crate) fn watch(m: MRef) {
    m.watched.set(m.kind.get() == Kind::Sim || super::enabled());
    m.acting.set(std::ptr::null());
}
