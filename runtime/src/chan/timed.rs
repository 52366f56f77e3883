//! The channel of a timer or a ticker: a channel that the clock sends on.
//!
//! Go 1.23's rules, which this follows:
//! - The channel looks unbuffered: `len` and `capacity` are 0.
//! - A timer stands in a heap only while a goroutine waits on its channel. One that
//!   nobody waits for costs nothing, does not keep a deadlock from being reported,
//!   and is freed with the last handle on its channel.
//! - After stop or reset no value from before can be received.
//!
//! So the clock does not send by itself. Whoever receives first asks whether the
//! timer is due (`run_due`), and only one who must wait puts it into the heap of
//! its P (`block`) and takes it out again afterwards (`unblock`). The one place in
//! the buffer is for a tick that became due while its receiver was taken away by
//! another case of its select.
//!
//! Everything here is under the channel's lock. `in_heap` says that the heap, or a
//! `fire` that has been taken out of it and has not got our lock yet, refers to the
//! node: only when it is clear may the node be armed anew, or be freed.

use super::core::{Core, Offered, State, Taken, offer, take};
use crate::kernel::{self, Timer, WaitReason, Waiter};
use crate::sched::m::Kind;
use crate::sched::timers::{self, NEVER, Node};
use crate::sched::{MRef, Rt};
use crate::sim::driver;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::panic::Location;

pub(crate) struct ChanTimer<T> {
    timer: Timer,
    /// When it is due, on its driver's clock; `NEVER` is stopped or over.
    when: Cell<u64>,
    /// A ticker's interval; 0 fires once.
    period: Cell<u64>,
    /// Goroutines that wait on the channel.
    blocked: Cell<usize>,
    in_heap: Cell<bool>,
    /// A deterministic run's heap holds it, not a P's.
    in_sim: Cell<bool>,
    /// Whose heap a waiting thread from outside uses.
    rt: Option<&'static Rt>,
    /// The value for a time it was due.
    value: fn(u64) -> T,
}

impl<T> ChanTimer<T> {
    pub(crate) fn new(m: MRef, when: u64, period: u64, value: fn(u64) -> T) -> Self {
        let timer = Timer::new();
        crate::race::armed(m, &timer.node.race);
        ChanTimer {
            timer,
            when: Cell::new(when),
            period: Cell::new(period),
            blocked: Cell::new(0),
            in_heap: Cell::new(false),
            in_sim: Cell::new(false),
            rt: m.rt.get(),
            value,
        }
    }
}

impl<T> Core<T> {
    /// The timer, if this is a timer's channel, sends what is due. Under the lock.
    #[inline(always)]
    pub(super) fn run_due(&self, m: MRef, state: &mut State<T>) {
        if let Some(timer) = &self.timer
            && timer.when.get() != NEVER
        {
            self.run_due_at(m, timer, state, kernel::now_ns(m));
        }
    }

    #[cold]
    fn run_due_at(&self, m: MRef, timer: &ChanTimer<T>, state: &mut State<T>, now: u64) {
        let (when, period) = (timer.when.get(), timer.period.get());
        if when > now {
            return;
        }
        // A ticker's next tick is the first that is still to come.
        timer.when.set(match (now - when).checked_div(period) {
            None => NEVER,
            Some(missed) => when
                .saturating_add(period.saturating_mul(missed + 1))
                .min(NEVER - 1),
        });
        let mut value = MaybeUninit::new((timer.value)(when));
        // A tick that finds the last one still there is lost; a time has no
        // destructor.
        // In the name of whoever armed it, not of whoever asks the clock.
        crate::race::fired(m, &timer.timer.node.race, || {
            if let Offered::Handed(waiter) = offer(m, &self.quiet, state, &mut value) {
                kernel::ready_published(m, waiter.g);
            }
        });
    }

    /// A receive that found nothing: asks the clock, and waits.
    #[cold]
    #[inline(never)]
    pub(super) fn recv_timed(&self, m: MRef, at: &'static Location<'static>) -> Option<T> {
        let mut value = MaybeUninit::uninit();
        let mut state = self.state.lock();
        self.run_due(m, &mut state);
        if let Taken::Value(_) = take(m, &self.quiet, &mut state, &mut value) {
            drop(state);
            kernel::leave(m);
            // SAFETY: `take` wrote it.
            return Some(unsafe { value.assume_init() });
        }
        let waiter = Waiter::new(m, WaitReason::ChanReceive, at, (&raw mut value).cast());
        // SAFETY: this frame parks until the timer has popped the waiter.
        unsafe { state.receivers.push(&waiter) };
        self.block(m, &state);
        drop(state);
        let m = kernel::park_published(m);
        let state = self.state.lock();
        self.unblock(m, &state);
        drop(state);
        kernel::leave(m);
        // SAFETY: who sets `done` has written the value.
        waiter.done.get().then(|| unsafe { value.assume_init() })
    }

    /// Whether a look would find something: a value, or a timer that is due.
    pub(super) fn timer_is_ready(&self, m: MRef, state: &State<T>) -> bool {
        state.len > 0
            || self
                .timer
                .as_ref()
                .is_some_and(|t| t.when.get() != NEVER && t.when.get() <= kernel::now_ns(m))
    }

    /// One more waits on this channel.
    pub(super) fn block(&self, m: MRef, _locked: &State<T>) {
        if let Some(timer) = &self.timer {
            timer.blocked.set(timer.blocked.get() + 1);
            if !timer.in_heap.get() {
                self.arm(m, timer);
            }
        }
    }

    /// One no longer waits.
    pub(super) fn unblock(&self, m: MRef, _locked: &State<T>) {
        if let Some(timer) = &self.timer {
            timer.blocked.set(timer.blocked.get() - 1);
            if timer.blocked.get() == 0 {
                disarm(m, timer);
            }
        }
    }

    /// Puts the node, which nobody refers to, into a heap, if there is use for it.
    fn arm(&self, m: MRef, timer: &ChanTimer<T>) {
        if timer.when.get() == NEVER || timer.blocked.get() == 0 {
            return;
        }
        timer.in_heap.set(true);
        timer.in_sim.set(m.kind.get() == Kind::Sim);
        let arg = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the node lives in this channel, which waits in its drop until
        // `in_heap` is clear; it was clear until now.
        unsafe {
            timer
                .timer
                .start_for(m, timer.rt, timer.when.get(), fire::<T>, arg);
        }
    }

    /// Stops the timer and takes back what it sent and nobody received; tells
    /// whether there was something to stop.
    pub(crate) fn stop_timer(&self) -> bool {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let pending = self.cancel(m, &mut state);
        drop(state);
        kernel::leave(m);
        pending
    }

    /// Stops, and sets for `delay` from now.
    pub(crate) fn reset_timer(&self, delay: u64, period: u64) -> bool {
        let m = kernel::enter();
        let when = kernel::now_ns(m).saturating_add(delay).min(NEVER - 1);
        let mut state = self.state.lock();
        let pending = self.cancel(m, &mut state);
        if let Some(timer) = &self.timer {
            timer.when.set(when);
            crate::race::armed(m, &timer.timer.node.race);
            timer.period.set(period);
            if !timer.in_heap.get() {
                self.arm(m, timer);
            }
        }
        drop(state);
        kernel::leave(m);
        pending
    }

    fn cancel(&self, m: MRef, state: &mut State<T>) -> bool {
        let Some(timer) = &self.timer else {
            return false;
        };
        let armed = timer.when.replace(NEVER) != NEVER;
        disarm(m, timer);
        let unreceived = state.len > 0;
        if unreceived {
            // A time: it needs no destructor.
            let _ = state.pop(m);
        }
        armed || unreceived
    }

    /// The last handle is gone: nobody waits any more, but a `fire` may still be on
    /// its way.
    pub(super) fn stop_for_good(&mut self) {
        let Some(timer) = &self.timer else { return };
        let m = kernel::enter_quietly();
        loop {
            let state = self.state.lock();
            disarm(m, timer);
            let gone = !timer.in_heap.get();
            drop(state);
            if gone {
                break;
            }
            std::hint::spin_loop();
        }
        kernel::leave(m);
    }
}

/// Takes the node out of its heap. If it is no longer there, `fire` has it and
/// will clear `in_heap`.
fn disarm<T>(m: MRef, timer: &ChanTimer<T>) {
    if !timer.in_heap.get() {
        return;
    }
    // SAFETY: the reference does not outlive this call.
    let node: &'static Node = unsafe { &*std::ptr::from_ref(&timer.timer.node) };
    let out = if timer.in_sim.get() {
        // One thread: no `fire` is on its way, and a run that is over has no heap.
        if m.kind.get() == Kind::Sim {
            driver::remove_timer(m, node);
        }
        true
    } else {
        timers::remove(node)
    };
    if out {
        timer.in_heap.set(false);
    }
}

/// The node came out of its heap because it was due.
fn fire<T>(node: &'static Node, m: MRef) {
    // SAFETY: `in_heap` is set, so the channel is there until we unlock it.
    let core = unsafe { &*node.arg.get().cast::<Core<T>>() };
    let mut state = core.state.lock();
    if let Some(timer) = &core.timer {
        timer.in_heap.set(false);
        core.run_due(m, &mut state);
        core.arm(m, timer);
    }
}
