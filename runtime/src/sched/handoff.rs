//! Ms and Ps that part: a P goes on without the M that had it, and an M that has a
//! goroutine but no P gets one or waits.
//!
//! ```text
//!   pass_on    the P goes to another M (`Rt::start_m` says which), or to the idle list
//!   give_up    by an M about to block in a call of its own choice
//!   regain     by an M that enters the runtime and finds its P taken
//!   hold       by a goroutine that parks and must keep its thread
//!   wait_here  by all of these: the thread sleeps on the goroutine's own stack
//! ```
//!
//! A goroutine must keep its thread when it locked it (`lock_os_thread`), when it
//! unwinds (the standard library counts panics per thread), and when it was stopped
//! by a signal at an arbitrary instruction (`preempt`). It is then *bound*: its stack
//! was not left, so `on_cpu` stays set and nobody can resume it by a switch;
//! `G::bound` names its M. A scheduler that picks it hands its own P to that M and
//! looks for another (Go's `startlockedm`). The binding of the latter two ends when
//! it runs again.
//!
//! Invariants
//! 1. `wake` is ASLEEP and `waits_for_p` set before `bound` is, and `bound` before
//!    the goroutine can be picked, or the picker waits for it (`find::schedule`): no
//!    hand-over is lost.
//! 2. A P is in one place: with one M, on the idle list, on its way to an M
//!    (`next_p`) or to one that is still to be made (`State::unborn`), or with whoever
//!    stops the world.
//! 3. No P lies idle unless some M is idle too, which sleeps for its timers.

use super::idle::hand_over;
use super::parking::{self, ASLEEP, WOKEN};
use super::{GRef, MRef, PRef, Rt, Status, alert, claim, switch};
use crate::sys;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

impl Rt {
    /// `p`, which has lost its M, goes on without it.
    pub(crate) fn pass_on(&'static self, p: PRef) {
        p.detach();
        {
            let mut state = self.state.lock();
            if self.is_halting() {
                p.halted.store(true, SeqCst);
                return;
            }
            let work = !p.nothing_to_run() || self.global.len() > 0;
            // If some M sleeps, one of them does so for the timers and the network, from now
            // on for the timers of this P too.
            if !work && let Some(m) = state.sleeper.or(state.idle_m) {
                self.push_idle_p(&mut state, p);
                let nobody_polls = state.sleeper.is_none() && self.poller().is_some();
                if nobody_polls || p.timers.first() < self.sleeps_until.load(SeqCst) {
                    self.poke_m(m);
                }
                self.suspect_deadlock(&state);
                return;
            }
        }
        self.start_m(p, false);
    }

    /// Hands the P that the picker of bound goroutine `g` holds to the M that `g`
    /// waits on.
    pub(crate) fn run_bound(&self, p: PRef, on: MRef) {
        p.detach();
        hand_over(on, p, false);
    }
}

/// The M that `g` waits on, if it is bound to one.
pub(crate) fn bound_to(g: GRef) -> Option<MRef> {
    // Acquire: pairs with the release in `bind`. SAFETY: only ever stored from a
    // `&'static M`.
    unsafe { g.bound.load(Acquire).as_ref() }
}

/// Makes `m` ready to be handed a P; `false` when its runtime has ended.
pub(crate) fn about_to_wait(m: MRef) -> bool {
    let state = m.rt().state.lock();
    parking::lie_down(&m.wake);
    m.waits_for_p.set(true);
    if state.stopping {
        m.waits_for_p.set(false);
    }
    !state.stopping
}

/// `g` waits on `m` from here on.
pub(crate) fn bind(g: GRef, m: MRef) {
    // Release: pairs with the acquire in `bound_to`: the M is ready to be woken.
    g.bound.store(std::ptr::from_ref(m).cast_mut(), Release);
}

/// Sleeps on this stack until somebody hands this M a P, and takes it; `false` when
/// the runtime has ended instead. Safe in a signal handler.
pub(crate) fn wait_here(m: MRef, g: GRef) -> bool {
    // Acquire: pairs with the release in `hand_over`.
    while m.wake.load(Acquire) != WOKEN {
        sys::futex_wait(&m.wake, ASLEEP, None);
        alert::watch(m);
    }
    {
        let _state = m.rt().state.lock();
        m.waits_for_p.set(false);
    }
    // SAFETY: only ever stored from a `&'static P`, or null.
    let Some(p) = (unsafe { m.next_p.load(Relaxed).as_ref() }) else {
        // The goroutine stays bound: who picks it in this moment must not wait for us to
        // leave its stack.
        return false;
    };
    g.bound.store(std::ptr::null_mut(), Relaxed);
    take_over(m, p);
    g.set_status(Status::Running);
    true
}

/// `p` is this M's.
pub(crate) fn take_over(m: MRef, p: PRef) {
    m.p.set(Some(p));
    p.attach(m);
    p.new_slice();
    // Relaxed: a request to the one who ran before.
    m.preempt.store(false, Relaxed);
}

/// Parks the current goroutine, which was published, together with its thread.
/// `next` was to run after it.
#[cold]
pub(crate) fn hold(m: MRef, g: GRef, next: Option<GRef>) -> MRef {
    let (rt, p) = (m.rt(), m.p());
    m.p.set(None);
    if let Some(next) = next
        && let Some(displaced) = p.queue.set_next(next)
    {
        p.append(displaced);
    }
    if !about_to_wait(m) {
        m.leave_for_good();
    }
    rt.state.lock().held += 1;
    bind(g, m);
    rt.pass_on(p);
    let alive = wait_here(m, g);
    rt.state.lock().held -= 1;
    if !alive {
        m.leave_for_good();
    }
    m
}

/// Gives the P away before a call that may block; the next entry takes one back.
pub(crate) fn give_up(m: MRef) {
    let (rt, p) = (m.rt(), m.p());
    m.p.set(None);
    rt.without_p.fetch_add(1, SeqCst);
    // AcqRel: as for a claim, made by ourselves.
    m.gate.fetch_or(claim::TAKEN, AcqRel);
    rt.pass_on(p);
}

/// The M entered the runtime and its P is gone: takes an idle one, or queues up with
/// the others.
#[cold]
pub(crate) fn regain(m: MRef) -> MRef {
    let rt = m.rt();
    m.p.set(None);
    rt.without_p.fetch_sub(1, SeqCst);
    if let Some(p) = rt.take_idle_p().or_else(|| rt.take_unborn_p()) {
        take_over(m, p);
        return m;
    }
    queue_up(m)
}

/// An M without a P, with a goroutine: to the global queue with it.
pub(crate) fn queue_up(m: MRef) -> MRef {
    let (rt, g) = (m.rt(), m.g());
    g.set_status(Status::Runnable);
    if m.must_stay() {
        if !about_to_wait(m) {
            m.leave_for_good();
        }
        bind(g, m);
        rt.inject(g);
        if !wait_here(m, g) {
            m.leave_for_good();
        }
        return m;
    }
    rt.inject(g);
    switch::leave_for_scheduler(m, g)
}

/// Whoever stops the world wants the P.
#[cold]
pub(crate) fn halt(m: MRef) -> MRef {
    let (rt, p) = (m.rt(), m.p());
    m.p.set(None);
    // Passing on means giving it to the stopper, if the world is still to stop.
    rt.pass_on(p);
    queue_up(m)
}
