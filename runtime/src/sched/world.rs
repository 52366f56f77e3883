//! Stopping the world: whoever does holds all Ps, so that nothing is scheduled.
//!
//! ```text
//!   a P on the idle list, or        taken from it
//!   whose thread is to be made
//!   its M is in user code           claimed (`claim`): the code runs on without it
//!   its M is inside the runtime     gives it up at its next entry, exit or search
//!                                   (`gate::HALT`, `M::preempt`, `Rt::halting`)
//!   on its way to an M              that M gives it up before it runs anything
//! ```
//!
//! Goroutines in user code are not stopped by this: they cannot do anything that the
//! scheduler would notice without a P, which is all that changing the number of Ps and
//! walking parked stacks ask for, and it takes microseconds and no signal. When the
//! world starts again, a P goes back to the M it was claimed from unless that M has
//! noticed, and then it waits in the global queue like any other. A collector, which
//! needs user code to stand still, signals those Ms besides.
//!
//! One at a time stops the world, from `try_stop` to the end of `start_again`.

use super::{MRef, P, PRef, Rt, claim, m::gate};
use std::sync::atomic::Ordering::{AcqRel, Relaxed, Release, SeqCst};

impl Rt {
    /// Stops the world, unless somebody else does: then leave the runtime (the other
    /// waits for our P) and try again; or unless the runtime ends, when nobody can. `me` is the caller's M, which keeps its P;
    /// `None` from a thread that is none.
    pub(crate) fn try_stop(&'static self, me: Option<MRef>) -> bool {
        if self.stopped.swap(true, SeqCst) {
            return false;
        }
        self.halting.store(true, SeqCst);
        let mine = me.and_then(|m| m.p.get());
        self.each_m(|m| {
            if !me.is_some_and(|me| std::ptr::eq(me, m)) {
                m.gate.fetch_or(gate::HALT, AcqRel);
                // Relaxed: seen at the exit from the runtime.
                m.preempt.store(true, Relaxed);
            }
        });
        while self.collect(mine) {
            if self.is_stopping() {
                // Those who have the other Ps leave with them, sooner or later.
                self.start_again();
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    /// Takes what Ps it can; tells whether some are still out.
    fn collect(&'static self, mine: Option<PRef>) -> bool {
        {
            let mut state = self.state.lock();
            while let Some(p) = self.pop_idle_p(&mut state) {
                p.halted.store(true, SeqCst);
            }
            while let Some(p) = state.pop_unborn_p() {
                p.halted.store(true, SeqCst);
            }
        }
        let mut out = false;
        for p in self.ps() {
            if p.halted.load(SeqCst) || mine.is_some_and(|mine| std::ptr::eq(mine, p)) {
                continue;
            }
            // SAFETY: only ever stored from a `&'static M`.
            let m = unsafe { p.m.load(Relaxed).as_ref() };
            let claimed = m.is_some_and(|m| {
                let _claims = self.claims.lock();
                let claimed = !m.in_runtime.load(Relaxed) && self.claim(p, m);
                if claimed {
                    p.claimed_from.set(Some(m));
                    p.halted.store(true, SeqCst);
                }
                claimed
            });
            out |= !claimed;
        }
        out
    }

    /// Starts the world again.
    pub(crate) fn start_again(&'static self) {
        self.halting.store(false, SeqCst);
        self.each_m(|m| _ = m.gate.fetch_and(!gate::HALT, AcqRel));
        let procs = self.procs();
        for p in self.all_ps() {
            let from = p.claimed_from.take().filter(|_| p.id.get() < procs);
            if let Some(m) = from
                && claim::give_back(&m.gate, p.claim_number.get())
            {
                self.without_p.fetch_sub(1, SeqCst);
                p.halted.store(false, SeqCst);
            }
        }
        for p in self.ps() {
            if p.halted.swap(false, SeqCst) {
                self.pass_on(p);
            }
        }
        if self.global.len() > 0 {
            self.wake_one();
        }
        // Only now may the next stop it: it would take Ps for its own that are still
        // being given back here.
        self.stopped.store(false, SeqCst);
    }

    /// Changes the number of Ps. The world stands still; `me` holds a P.
    pub(crate) fn resize(&'static self, me: MRef, procs: u32) {
        let old = self.procs();
        for id in old..procs {
            let p = self.p_number(id);
            p.halted.store(true, SeqCst);
        }
        // Relaxed: read as a hint, or with a P, which is handed out later.
        self.set_procs(procs);
        if me.p().id.get() >= procs {
            // Ours goes out of service: the first takes its place. If an M runs on
            // without that one, it has lost it.
            let (ours, first) = (me.p(), self.p_number(0));
            first.claimed_from.set(None);
            first.halted.store(false, SeqCst);
            ours.detach();
            me.p.set(Some(first));
            first.attach(me);
        }
        for id in procs..old {
            let p = self.p_number(id);
            p.claimed_from.set(None);
            p.halted.store(false, SeqCst);
            p.detach();
            p.empty_into(me.p());
        }
    }

    /// Visits all Ms, under the scheduler's lock.
    pub(crate) fn each_m(&self, mut visit: impl FnMut(MRef)) {
        let state = self.state.lock();
        let mut next = state.all_m;
        while let Some(m) = next {
            visit(m);
            next = m.all_next.get();
        }
    }

    fn p_number(&'static self, id: u32) -> PRef {
        let slot = &self.all_ps[id as usize];
        // SAFETY: only ever stored from a `&'static P`.
        if let Some(p) = unsafe { slot.load(Relaxed).as_ref() } {
            return p;
        }
        let seed = self.next_id.load(Relaxed) ^ u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let p = P::new(id, self, seed);
        // Release: pairs with the acquire of `ps`.
        slot.store(std::ptr::from_ref(p).cast_mut(), Release);
        p
    }
}

impl P {
    /// Goes out of service: what it has goes to the global queue, to `other`, and back
    /// to where it came from.
    fn empty_into(&'static self, other: PRef) {
        let rt = self.rt();
        while let Some(g) = self.queue.take_next().or_else(|| self.queue.pop()) {
            rt.global.push(std::iter::once(g));
        }
        self.timers.move_to(&other.timers, other);
        self.give_caches_back(rt.pool);
    }
}
