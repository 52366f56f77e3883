//! Looking for work, on a thread's own stack.
//!
//! Order (Go's `findRunnable`): own timers; every 61st time the global queue; own
//! queue; a batch from the global queue; the network; the other Ps, in a random order, four
//! times round, and only on the last round a lone successor or a timer of
//! theirs; then give up the P, look at everything once more, and sleep.
//!
//! A thread that looks without having work spins, and at most half as many spin
//! as Ps are busy. A spinner that found nothing in four rounds tries again for some
//! microseconds before it sleeps: waking a sleeping thread takes ten times as long.

use super::{GRef, MRef, PRef, Rt, handoff, parking, switch};
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

/// Times a spinner comes back before it sleeps, and pauses between.
const SPIN_ROUNDS: u32 = 16;
const SPIN_PAUSES: u32 = 64;
/// Pauses for which a lone successor must lie still before it is taken: its own
/// P would have run it by then, unless it is busy.
const LONE_PAUSES: u32 = 128;

/// A worker thread's life.
pub(crate) fn schedule(m: MRef) {
    loop {
        let next = match m.handoff.take() {
            Some(next) => next,
            None => match find(m) {
                Some(next) => next,
                None => return,
            },
        };
        stop_spinning(m, true);
        if let Some(other) = wait_until_left(next) {
            // It cannot leave its thread: that one goes on with our P.
            if let Some(p) = m.p.take() {
                m.rt().run_bound(p, other);
            }
            continue;
        }
        // SAFETY: `next` came out of a queue, so it is ours; nobody stands on its
        // stack any more; our own context is saved where `park` looks for it.
        unsafe { switch::run(m, next, m.g0_sp.as_ptr(), m.scratch_flag.as_ptr()) };
        m.g.set(None);
        if m.ends.get() {
            // SAFETY: left there by `switch::end_with_thread`: a `&'static P`.
            if let Some(p) = unsafe { m.next_p.load(Relaxed).as_ref() } {
                m.rt().pass_on(p);
            }
            return;
        }
    }
}

/// Waits until whoever parked `g` has left its stack, or says that it will not: then
/// gives the M that `g` waits on.
fn wait_until_left(g: GRef) -> Option<MRef> {
    let mut tries = 0u32;
    // Acquire: pairs with the clearing store in the switch.
    while g.on_cpu.load(Acquire) {
        if let Some(m) = handoff::bound_to(g) {
            return Some(m);
        }
        tries += 1;
        if tries < 200 {
            std::hint::spin_loop();
        } else {
            // The system took its thread off the processor in that very moment.
            std::thread::yield_now();
        }
    }
    None
}

fn stop_spinning(m: MRef, found: bool) {
    if m.spinning.replace(false) {
        let rt = m.rt();
        rt.search_ended(found);
        let left = parking::stop_looking(&rt.spinning);
        if found && left == 0 && rt.idle_ps.load(SeqCst) > 0 {
            rt.wake_one();
        }
    }
}

fn find(m: MRef) -> Option<GRef> {
    let rt = m.rt();
    loop {
        if rt.is_stopping() {
            give_up_p(m);
            return None;
        }
        let Some(p) = m.p.get() else {
            // Given to a bound goroutine's M, or taken while it was in user code, or before
            // this thread was born: then it is thought to look for work.
            let was_spinning = m.spinning.get();
            stop_spinning(m, false);
            if was_spinning && look_again(m, rt) {
                continue;
            }
            if !rt.sleep_m(m) {
                return None;
            }
            continue;
        };
        if rt.is_halting() {
            stop_spinning(m, false);
            m.p.set(None);
            rt.pass_on(p);
            continue;
        }
        p.run_due_timers(m);
        if let Some(g) = own_work(p, rt)
            .or_else(|| from_network(p, rt))
            .or_else(|| search(m, p, rt))
        {
            p.new_slice();
            m.preempt.store(false, Relaxed);
            return Some(g);
        }
        {
            let mut state = rt.state.lock();
            // Looked at under the lock that `inject` takes: nothing slips by.
            if rt.global.len() > 0
                || rt.is_halting()
                || state.stopping
                || p.timers.first() <= crate::sys::monotonic_ns()
            {
                continue;
            }
            m.p.set(None);
            rt.push_idle_p(&mut state, p);
        }
        let was_spinning = m.spinning.get();
        stop_spinning(m, false);
        if was_spinning && look_again(m, rt) {
            continue;
        }
        if !rt.sleep_m(m) {
            return None;
        }
    }
}

fn give_up_p(m: MRef) {
    stop_spinning(m, false);
    if let Some(p) = m.p.take() {
        p.detach();
    }
}

fn own_work(p: PRef, rt: &'static Rt) -> Option<GRef> {
    let tick = p.tick.load(Relaxed).wrapping_add(1);
    p.tick.store(tick, Relaxed);
    if tick.is_multiple_of(61)
        && let Some(g) = rt.global.pop(1, |_| ())
    {
        return Some(g);
    }
    p.queue
        .take_next()
        .or_else(|| p.queue.pop())
        .or_else(|| from_global(p, rt))
}

/// A fair share of the global queue, at most half a ring.
fn from_global(p: PRef, rt: &'static Rt) -> Option<GRef> {
    let share = rt.global.len() / rt.procs() as usize + 1;
    rt.global
        .pop(share.min(crate::loom::RING / 2), |g| p.append(g))
}

/// What the network has made ready, without waiting.
fn from_network(p: PRef, rt: &'static Rt) -> Option<GRef> {
    let mut ready = rt.poll_is_due()?.look(rt);
    let first = ready.next()?;
    if !ready.is_empty() {
        ready.for_each(|g| p.append(g));
        rt.wake_one();
    }
    Some(first)
}

/// Spins over the other Ps.
fn search(m: MRef, p: PRef, rt: &'static Rt) -> Option<GRef> {
    let procs = rt.procs();
    if procs == 1 {
        return None;
    }
    if !m.spinning.get() {
        let busy = procs - rt.idle_ps.load(Relaxed).min(procs);
        if 2 * rt.spinning.load(Relaxed) >= busy {
            return None;
        }
        rt.spinning.fetch_add(1, SeqCst);
        m.spinning.set(true);
    }
    for _ in 0..SPIN_ROUNDS {
        if let Some(g) = steal(m, p, rt, procs) {
            return Some(g);
        }
        if rt.is_stopping() || rt.idle_ps.load(Relaxed) + 1 >= procs {
            // Nobody else runs: nobody will make work.
            return None;
        }
        (0..SPIN_PAUSES).for_each(|_| std::hint::spin_loop());
        if rt.global.len() > 0 {
            return from_global(p, rt);
        }
    }
    None
}

/// Four rounds over the Ps in a random order.
fn steal(m: MRef, p: PRef, rt: &'static Rt, procs: u32) -> Option<GRef> {
    for round in 0..4 {
        let last = round == 3;
        for victim in rt.random_order(p.random(), procs) {
            if std::ptr::eq(victim, p) {
                continue;
            }
            if last && victim.timers.first() <= crate::sys::monotonic_ns() {
                victim.fire_due(m);
                if let Some(g) = p.queue.take_next().or_else(|| p.queue.pop()) {
                    return Some(g);
                }
            }
            if let Some(g) = p.queue.steal_from(&victim.queue) {
                return Some(g);
            }
            if last && let Some(g) = take_lone(victim) {
                return Some(g);
            }
        }
    }
    None
}

/// Takes a successor that its own P does not get to.
fn take_lone(victim: PRef) -> Option<GRef> {
    let seen = victim.queue.peek_next();
    if seen.is_null() {
        return None;
    }
    let tick = victim.tick.load(Relaxed);
    for _ in 0..LONE_PAUSES {
        std::hint::spin_loop();
    }
    let lies_still =
        std::ptr::eq(victim.queue.peek_next(), seen) && victim.tick.load(Relaxed) == tick;
    if lies_still {
        victim.queue.take_next()
    } else {
        None
    }
}

/// The last look after having said that we no longer look.
fn look_again(m: MRef, rt: &'static Rt) -> bool {
    let work = rt.ps().any(|p| !p.queue.is_empty()) || rt.global.len() > 0;
    if work && let Some(p) = rt.take_idle_p() {
        m.p.set(Some(p));
        p.attach(m);
        rt.spinning.fetch_add(1, SeqCst);
        m.spinning.set(true);
        return true;
    }
    false
}
