//! sysmon: a thread without a P that watches the others.
//!
//! It sleeps 20 µs at first and, after 50 rounds in which it had nothing to do,
//! twice as long each round, up to 10 ms; while all Ps are idle it sleeps until one
//! is not. It asks a goroutine that has run for 10 ms to yield at its next exit
//! from the runtime, wakes a thread for work that lies still beside idle Ps, and
//! polls the network when nobody has for 10 ms.

use super::{PRef, Rt};
use crate::sys;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

const SHORTEST_NS: u64 = 20_000;
const LONGEST_NS: u64 = 10_000_000;
const IDLE_ROUNDS: u32 = 50;
/// A time slice (Go's `forcePreemptNS`).
const SLICE_NS: u64 = 10_000_000;

/// What sysmon remembers of a P between two looks.
#[derive(Clone, Copy, Default)]
struct Seen {
    slice: u32,
    since: u64,
    tick: u32,
}

pub(crate) fn run(rt: &'static Rt) {
    let mut seen = vec![Seen::default(); super::rt::MAX_PROCS];
    let (mut delay, mut idle) = (SHORTEST_NS, 0);
    let mut suspicion_ns = SHORTEST_NS;
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
        sleep(rt, word, delay);
        crate::garbage::collect();
        let now = sys::monotonic_ns();
        let mut busy = false;
        let idle_ps = rt.idle_ps.load(SeqCst) > 0;
        for (p, seen) in rt.ps().zip(&mut seen) {
            busy |= look_at(rt, p, seen, now, idle_ps);
        }
        if idle_ps && rt.ps().any(|p| p.timers.first() <= now) {
            // A timer of a P that is idle, or too busy to look.
            rt.wake_one();
        }
        busy |= rt.poll_if_neglected(now);
        if busy {
            (delay, idle) = (SHORTEST_NS, 0);
        } else {
            idle += 1;
            if idle > IDLE_ROUNDS {
                delay = (delay * 2).min(LONGEST_NS);
            }
        }
    }
}

fn sleep(rt: &'static Rt, word: u32, delay: u64) {
    let all_idle = rt.idle_ps.load(SeqCst) == rt.procs();
    // While all Ps are idle there is nothing to watch; 100 ms bounds the harm of
    // a P that started between the two looks.
    sys::futex_wait(
        &rt.sysmon_word,
        word,
        Some(if all_idle { 10 * LONGEST_NS } else { delay }),
    );
}

fn look_at(rt: &'static Rt, p: PRef, seen: &mut Seen, now: u64, idle_ps: bool) -> bool {
    if p.idle.load(Relaxed) {
        seen.since = now;
        return false;
    }
    let (slice, tick) = (p.slices.load(Relaxed), p.tick.load(Relaxed));
    let still = slice == seen.slice;
    if !still {
        (seen.slice, seen.since) = (slice, now);
    }
    let mut acted = false;
    if idle_ps && (!p.queue.is_empty() || (!p.queue.peek_next().is_null() && tick == seen.tick)) {
        rt.search_ended(true);
        rt.wake_one();
        acted = true;
    }
    seen.tick = tick;
    if still && now - seen.since >= SLICE_NS {
        seen.since = now;
        // SAFETY: only ever stored from a `&'static M`.
        if let Some(m) = unsafe { p.m.load(Relaxed).as_ref() } {
            // Relaxed: a request, seen at the next exit from the runtime.
            m.preempt.store(true, Relaxed);
            acted = true;
        }
    }
    acted
}
