//! sysmon: a thread without a P that watches the others.
//!
//! It sleeps 20 µs at first and, after 50 rounds in which it had nothing to do,
//! twice as long each round, up to 10 ms. When it has backed off that far and all Ps
//! are idle, it sleeps until one is taken. A look that may need another soon (a
//! thread that may be blocked, a request to yield) makes the next sleep 1 ms.
//!
//! What it does for others, who have no occasion to:
//! - a goroutine that has run for 10 ms is asked to yield (`M::preempt`, seen when it
//!   leaves the runtime), and stopped by a signal if one look later it still runs;
//! - the P of a thread that is blocked in user code (a plain sleep, a read, a lock of
//!   the standard library) is claimed and goes on without it. Whether a thread is
//!   blocked is asked of the system, and only about one that made no scheduling
//!   decision since the last look and used little CPU time;
//! - a thread that has come back and runs without a P is stopped until it gets one;
//! - a thread is woken for work that lies still beside idle Ps;
//! - the network is polled when nobody has for 10 ms;
//! - the collected heap gives free pages back, and is collected at least every two
//!   minutes (`gc::tend`).
//!
//! It allocates nothing while goroutines run: one of them may have been stopped with
//! the allocator's lock, and would wait for sysmon. What needs memory is done by the
//! spawner.

use super::{MRef, PRef, Rt, claim, preempt};
use crate::sys::{self, ThreadState};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

const SHORTEST_NS: u64 = 20_000;
const LONGEST_NS: u64 = 10_000_000;
/// When a second look is due.
const SOON_NS: u64 = 1_000_000;
const IDLE_ROUNDS: u32 = 50;
/// A time slice (Go's `forcePreemptNS`).
pub(crate) const SLICE_NS: u64 = 10_000_000;
/// CPU time since the last look that makes a thread without a P a running one.
const RUNS_NS: u64 = 50_000;

/// Goroutines that take turns on a P and run for longer than this, on average, could as well
/// run beside each other: a wake-up costs less.
const LONG_TURN_NS: u64 = 5_000;

/// What sysmon remembers of a P between two looks.
#[derive(Clone, Copy, Default)]
struct Seen {
    slice: u32,
    since: u64,
    tick: u32,
    ticked_at: u64,
    /// The number of its M, and that thread's CPU time at `at`.
    m: u64,
    cpu: u64,
    at: u64,
}

/// What came of a look.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Quiet,
    /// Something may show at a second look.
    Again,
    /// Took a P or woke a thread.
    Acted,
}

pub(crate) fn run(rt: &'static Rt) {
    let mut seen = vec![Seen::default(); super::rt::MAX_PROCS];
    let (mut delay, mut idle) = (SHORTEST_NS, 0);
    let mut soon = false;
    let mut suspicion_ns = SHORTEST_NS;
    let (mut next_scan, mut next_tending) = (0, 0);
    let start = sys::monotonic_ns();
    let trace_ns = u64::from(rt.config.trace_ms) * 1_000_000;
    let mut next_trace = start + trace_ns;
    if trace_ns > 0 {
        super::trace::print(rt, 0);
    }
    while !rt.is_stopping() {
        // Before any look, so that a wake-up after the look ends the sleep.
        let word = rt.sysmon_word.load(SeqCst);
        if rt.suspected.load(SeqCst) && !rt.confirm_deadlock() {
            // A thread that is not ours may still ready somebody.
            suspicion_ns = (suspicion_ns * 2).min(LONGEST_NS);
            sys::futex_wait(&rt.sysmon_word, word, Some(suspicion_ns));
            continue;
        }
        suspicion_ns = SHORTEST_NS;
        sleep(rt, word, if soon { delay.min(SOON_NS) } else { delay });
        let now = sys::monotonic_ns();
        let mut look = Look::Quiet;
        let work = rt.global.len() > 0 || rt.ps().any(|p| !p.nothing_to_run());
        for (p, seen) in rt.ps().zip(&mut seen) {
            look = look.max(look_at(rt, p, seen, now, work));
        }
        if rt.idle_ps.load(SeqCst) > 0
            && (rt.global.len() > 0 || rt.ps().any(|p| p.timers.first() <= now))
        {
            // A timer of a P that is idle, or too busy to look; or work for which nobody was
            // woken, because a thread that was to look got other work.
            rt.wake_one();
        }
        if rt.without_p.load(SeqCst) > 0 && now >= next_scan {
            look_at_threads_without_p(rt);
            // At most a twentieth of our time, whatever their number.
            let took = sys::monotonic_ns() - now;
            next_scan = now + SOON_NS.max(20 * took);
        }
        if now >= next_tending {
            next_tending = now + LONGEST_NS;
            crate::gc::tend(rt, now);
        }
        if trace_ns > 0 && now >= next_trace {
            next_trace = now + trace_ns;
            super::trace::print(rt, (now - start) / 1_000_000);
        }
        soon = look == Look::Again;
        if rt.poll_if_neglected(now) {
            look = Look::Acted;
        }
        if look == Look::Acted {
            (delay, idle) = (SHORTEST_NS, 0);
        } else {
            idle += 1;
            if idle > IDLE_ROUNDS {
                delay = (delay * 2).min(LONGEST_NS);
            }
        }
        if trace_ns > 0 {
            delay = delay.min(trace_ns);
        }
        if rt.config.storm {
            delay = rt.config.slice_ns;
        }
    }
}

fn nothing_to_watch(rt: &'static Rt) -> bool {
    rt.idle_ps.load(SeqCst) == rt.procs()
        && rt.without_p.load(SeqCst) == 0
        && rt.config.trace_ms == 0
}

fn sleep(rt: &'static Rt, word: u32, delay: u64) {
    if delay < LONGEST_NS || !nothing_to_watch(rt) {
        sys::futex_wait(&rt.sysmon_word, word, Some(delay));
        return;
    }
    // SeqCst: pairs with `pop_idle_p`: we see that a P was taken, or are woken.
    rt.sysmon_sleeps.store(true, SeqCst);
    if nothing_to_watch(rt) {
        // The heap may want something at some time, however idle the program is.
        let due = crate::gc::due();
        let left = due.map(|at| at.saturating_sub(sys::monotonic_ns()).max(LONGEST_NS));
        sys::futex_wait(&rt.sysmon_word, word, left);
    }
    rt.sysmon_sleeps.store(false, SeqCst);
}

/// One P. `work` when some goroutine anywhere is ready to run.
fn look_at(rt: &'static Rt, p: PRef, seen: &mut Seen, now: u64, work: bool) -> Look {
    // SAFETY: only ever stored from a `&'static M`.
    let m = unsafe { p.m.load(Relaxed).as_ref() };
    let Some(m) = m.filter(|_| !p.idle.load(Relaxed)) else {
        (seen.since, seen.m) = (now, 0);
        (seen.tick, seen.ticked_at) = (p.tick.load(Relaxed), now);
        return Look::Quiet;
    };
    let (slice, tick) = (p.slices.load(Relaxed), p.tick.load(Relaxed));
    let same_slice = slice == seen.slice;
    if !same_slice {
        (seen.slice, seen.since) = (slice, now);
    }
    let still = tick == seen.tick && seen.m == m.id.get();
    let mut look = Look::Quiet;
    let lies_still = !p.queue.is_empty() || (!p.queue.peek_next().is_null() && still);
    if lies_still && rt.idle_ps.load(SeqCst) > 0 {
        rt.search_ended(true);
        rt.wake_one();
        look = Look::Acted;
    }
    let turns = u64::from(tick.wrapping_sub(seen.tick));
    if turns > 0 && now - seen.ticked_at >= turns * LONG_TURN_NS {
        rt.turns_are_long();
    }
    (seen.tick, seen.ticked_at, seen.m) = (tick, now, m.id.get());
    let in_user_code = !m.in_runtime.load(Relaxed);
    // Its own timers wait for its P too.
    if in_user_code && (work || p.timers.first() != super::timers::NEVER) {
        let cpu = sys::thread_cpu_ns(m.tid.load(SeqCst));
        let (ran, passed) = (cpu.saturating_sub(seen.cpu), now - seen.at);
        (seen.cpu, seen.at) = (cpu, now);
        if !still {
            look = look.max(Look::Again);
        } else if ran < passed / 2 && retake_if_blocked(rt, p, m) {
            return Look::Acted;
        }
    }
    if rt.config.storm {
        if in_user_code {
            force(rt, p, m);
        } else {
            // Seen when it leaves the runtime: one that is back inside by each look would
            // keep its P for ever.
            m.preempt.store(true, Relaxed);
        }
    } else if same_slice && now - seen.since >= rt.config.slice_ns {
        look = look.max(stop(rt, p, m, in_user_code && work));
    }
    look
}

/// A plain blocking call holds the P: the P goes on without it.
fn retake_if_blocked(rt: &'static Rt, p: PRef, m: MRef) -> bool {
    let _claims = rt.claims.lock();
    if sys::thread_state(m.tid.load(SeqCst)) != ThreadState::Blocked || !rt.claim(p, m) {
        return false;
    }
    rt.retakes.fetch_add(1, Relaxed);
    rt.pass_on(p);
    true
}

/// The slice is used up: asks, and at the second look stops it, if others wait.
fn stop(rt: &'static Rt, p: PRef, m: MRef, by_force: bool) -> Look {
    // Relaxed: a request, seen at the next exit from the runtime.
    if !m.preempt.swap(true, Relaxed) {
        return Look::Again;
    }
    if !by_force || !rt.config.async_preempt {
        return Look::Quiet;
    }
    force(rt, p, m);
    Look::Again
}

/// Stops what runs on `p`, and sees to it that there is a spare M.
fn force(rt: &'static Rt, p: PRef, m: MRef) {
    if !preempt::request(rt, p, m) {
        rt.add_spare();
    }
}

/// Threads that have come back from a blocking call, and run beside the Ps. Those are
/// stopped also with `asyncpreemptoff=1`: it is no preemption, but the wait for a P
/// that Go's system calls end with.
fn look_at_threads_without_p(rt: &'static Rt) {
    let _claims = rt.claims.lock();
    // With the claimers' lock no M leaves the list; new ones come in at its head.
    let mut next = rt.state.lock().all_m;
    while let Some(m) = next {
        next = m.all_next.get();
        if m.gate.load(Relaxed) & claim::TAKEN == 0 || m.in_runtime.load(Relaxed) {
            m.seen_at.set(0);
            continue;
        }
        let cpu = sys::thread_cpu_ns(m.tid.load(SeqCst));
        let ran = cpu.saturating_sub(m.seen_cpu.replace(cpu));
        if m.seen_at.replace(1) != 0 && ran >= RUNS_NS {
            preempt::send(m);
        }
    }
}

impl Rt {
    /// Takes `p` from `m`, if it holds it in user code. With the claimers' lock.
    pub(crate) fn claim(&self, p: PRef, m: MRef) -> bool {
        // Relaxed: counted with the lock held. Of the number, 24 bits count; 0 is that of an
        // M that gave its P away itself.
        let number = 1 + self.claim_number.fetch_add(1, Relaxed) % 0xFF_FFFF;
        let holds = || {
            m.p.get().is_some_and(|held| std::ptr::eq(held, p))
                && std::ptr::eq(p.m.load(Relaxed), m)
        };
        let claimed = claim::claim(
            &m.in_runtime,
            &m.gate,
            sys::fence_all_threads,
            holds,
            number,
        );
        if claimed {
            p.claim_number.set(number);
            self.without_p.fetch_add(1, SeqCst);
        }
        claimed
    }

    /// Has a thread made that can take a P over, if there is room for one.
    fn add_spare(&'static self) {
        let room = {
            let state = self.state.lock();
            (state.ms as usize) < self.max_threads.load(Relaxed) && !state.spawning()
        };
        if room {
            self.new_m();
        }
    }
}
