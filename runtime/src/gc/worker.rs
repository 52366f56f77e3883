//! The collector's own goroutines: mark workers, the sweeper, the reaper.
//!
//! A cycle has one worker per P: who begins it starts those that are missing, because one of
//! the last cycle may still be on its way out, or not have come to run at all. (Started
//! anew for each cycle they piled up by thousands behind a goroutine that collected all the
//! time and did all steps itself.) Each marks in short steps and, once it has used
//! more than a quarter of the time since it began, lets others run after each step; so
//! with goroutines waiting a P gives a quarter of its time to marking (Go's share), and
//! all of its time when nothing else is to run. After marking they sweep, always
//! letting others run first, and end. They end before that when only pins keep marking from
//! its end (`pin`).

use super::{central, cycle, reaper, world};
use crate::kernel;
use crate::sched::m::Kind;
use crate::sched::{Closure, switch};
use std::panic::Location;
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU64, fence};

/// Bytes that a worker marks in a step: some tens of microseconds.
const STEP: usize = 128 << 10;
/// Spans that the sweeper sweeps before it lets others run.
const SWEEP_STEP: usize = 64;
/// A worker's share of its P's time: one part in so many.
const SHARE: u64 = 4;

/// Steps that workers took with more than their share used up, because letting others run
/// brought them back at once.
static IDLE_STEPS: AtomicU64 = AtomicU64::new(0);

/// For tests: such steps since the beginning.
pub(crate) fn idle_steps() -> u64 {
    IDLE_STEPS.load(Relaxed)
}

/// Starts the workers of a cycle. The caller is a goroutine of a parallel runtime,
/// outside of the runtime.
pub(crate) fn start() {
    while is_missing_one() {
        spawn(work_and_leave);
    }
}

/// Whether this runtime has fewer workers than Ps; if so, counts one more.
fn is_missing_one() -> bool {
    let m = kernel::enter_quietly();
    let missing = m.rt.get().is_some_and(|rt| {
        let procs = rt.procs() as usize;
        let one_more = |n| (n < procs).then_some(n + 1);
        // SeqCst: see `work_and_leave`.
        let counted = rt.mark_workers.fetch_update(SeqCst, SeqCst, one_more);
        counted.is_ok()
    });
    kernel::leave(m);
    missing
}

/// For tests: the workers that this runtime has.
pub(crate) fn count() -> usize {
    let m = kernel::enter_quietly();
    let count = m.rt.get().map_or(0, |rt| rt.mark_workers.load(Relaxed));
    kernel::leave(m);
    count
}

/// The body of a goroutine that begins a cycle because there has been none for long.
pub(crate) fn collect() {
    // Nobody has counted it as started, as `run` counts it as ended.
    let m = kernel::enter_quietly();
    let p = m.p();
    p.started.store(p.started.load(Relaxed) + 1, Relaxed);
    // Release: as in `switch::spawn_system`.
    m.rt().system.fetch_add(1, Release);
    kernel::leave(m);
    run(cycle::begin_by_time);
}

/// Starts what drops dead values: a goroutine where there are goroutines, or a thread.
pub(crate) fn start_reaper(reap: fn()) {
    let m = kernel::enter_quietly();
    let kind = m.kind.get();
    kernel::leave(m);
    match kind {
        Kind::Parallel => spawn(reap),
        Kind::Sim => crate::go(reap),
        Kind::Thread => reaper::leave_to_a_thread(),
    }
}

/// Starts a goroutine of the runtime's own, which nobody counts.
fn spawn(body: fn()) {
    // SAFETY: called once; a function borrows nothing and may run anywhere.
    let closure = unsafe { Closure::new(move || run(body)) };
    let m = kernel::enter_quietly();
    switch::spawn_system(m, closure, Location::caller());
    kernel::leave(m);
}

fn run(body: fn()) {
    body();
    let m = kernel::enter_quietly();
    m.rt().system_done();
    kernel::leave(m);
}

/// A worker's life.
fn work_and_leave() {
    loop {
        mark_and_sweep();
        let m = kernel::enter_quietly();
        m.rt().mark_workers.fetch_sub(1, SeqCst);
        kernel::leave(m);
        // Whoever begins a cycle, or its sweeping, says so and counts workers then; we count
        // ourselves out, and look at that then: one sees the other.
        fence(SeqCst);
        let marks = world::phase().marking() && !cycle::is_held_up();
        let goes_on = marks || !central::is_swept();
        // After that look: all that was swept without us is on the reaper's lists.
        reaper::kick();
        if !goes_on || !is_missing_one() {
            return;
        }
    }
}

fn mark_and_sweep() {
    let (mut number, mut began, mut used) = (0, 0, 0);
    while world::phase().marking() {
        let from = crate::sys::monotonic_ns();
        let now = cycle::begun();
        if now != number {
            // The share is of this cycle's time.
            (number, began, used) = (now, from, 0);
        }
        let m = kernel::enter_quietly();
        let worked = cycle::work(m, STEP);
        if worked && used > (from - began) / SHARE {
            IDLE_STEPS.fetch_add(1, Relaxed);
        }
        kernel::leave(m);
        let to = crate::sys::monotonic_ns();
        used += to - from;
        if !worked && !cycle::try_end() && cycle::is_held_up() {
            // Whoever goes on with the cycle starts others.
            return;
        }
        if !worked || used > (to - began) / SHARE {
            yield_now();
        }
    }
    while !central::is_swept() {
        yield_now();
        central::sweep_some(SWEEP_STEP);
    }
}

fn yield_now() {
    let m = kernel::enter_quietly();
    kernel::leave(kernel::yield_inside(m));
}
