//! The cycle: sweep what is left, begin marking, mark, end marking, sweep.
//!
//! ```text
//!            start                        try_end
//!   sweeping ------> (stop) --> marking ---------> (stop) --> sweeping
//! ```
//!
//! Nobody owns a cycle. Whoever finds the heap at its trigger starts one; mark workers,
//! goroutines that allocate (assists) and whoever waits in `gc()` take steps of it; who
//! finds no more work looks whether that is the end. So a cycle goes on when the runtime
//! that began it ends in the middle, and in programs and deterministic runs that have no
//! workers, whoever started it takes all the steps.

use super::world::{self, Region};
use super::{cache, central, mark, pacer, reaper, settings, stats, trace_line, worker};
use crate::kernel;
use crate::sched::MRef;
use crate::sched::m::Kind;
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64};

/// Cycles that have begun, and whose marking has ended.
static BEGUN: AtomicU32 = AtomicU32::new(0);
static ENDED: AtomicU32 = AtomicU32::new(0);

/// Bytes of objects: what was found live last, and all that was handed out since.
static LIVE: AtomicU64 = AtomicU64::new(0);
/// Bytes handed out in this marking, or in the last one.
static BLACK: AtomicU64 = AtomicU64::new(0);
/// What was found live last.
static MARKED: AtomicU64 = AtomicU64::new(0);
static GOAL: AtomicU64 = AtomicU64::new(pacer::SMALLEST);
static TRIGGER: AtomicU64 = AtomicU64::new(pacer::SMALLEST / 64 * 61);
static PERCENT: AtomicI32 = AtomicI32::new(pacer::DEFAULT_PERCENT);
/// Of the cycle that marks: bytes to mark per byte allocated, in 1/256ths.
static ASSIST: AtomicU64 = AtomicU64::new(0);
/// Bytes that workers have marked and no assist has claimed.
static CREDIT: AtomicI64 = AtomicI64::new(0);

/// The most an assist marks before it looks again.
const ASSIST_STEP: i64 = 64 << 10;

/// Counts what a cache took. In a region.
pub(crate) fn handed_out(region: &Region, bytes: usize) {
    // Relaxed: sums.
    LIVE.fetch_add(bytes as u64, Relaxed);
    if region.phase.marking() {
        BLACK.fetch_add(bytes as u64, Relaxed);
        let owed = bytes as u64 * ASSIST.load(Relaxed) / 256;
        let debt = &region.cache.debt;
        debt.set(debt.get().saturating_add(owed as i64));
    }
}

/// Whether an allocation must see to the collector first. In a region.
pub(crate) fn wants_attention(region: &Region) -> bool {
    if region.phase.stress() {
        return true;
    }
    if region.phase.marking() {
        region.cache.debt.get() > 0
    } else {
        LIVE.load(Relaxed) >= TRIGGER.load(Relaxed)
    }
}

/// An allocation sees to the collector: assists, starts a cycle. Outside of the runtime.
pub(crate) fn attend() {
    set_up();
    let phase = world::phase();
    if phase.stress() {
        collect();
    } else if phase.marking() {
        assist();
    } else if LIVE.load(Relaxed) >= TRIGGER.load(Relaxed) && start(false) {
        // In a parallel runtime workers do the rest, and assists.
        if inside(|m| m.kind.get()) != Kind::Parallel {
            let this = BEGUN.load(SeqCst);
            while ENDED.load(SeqCst) < this {
                help();
            }
            central::finish();
            reaper::kick();
        }
    }
}

/// Collects: a cycle that begins after the call, to its end, and its sweeping.
pub(crate) fn collect() {
    set_up();
    let before = BEGUN.load(SeqCst);
    while ENDED.load(SeqCst) <= before {
        if world::phase().marking() {
            help();
        } else if !start(true) {
            yield_now();
        }
    }
    central::finish();
    reaper::kick();
}

/// Does `f` inside the runtime.
fn inside<R>(f: impl FnOnce(MRef) -> R) -> R {
    let m = kernel::enter_quietly();
    let result = f(m);
    kernel::leave(m);
    result
}

/// Lets others run that may have the rest of the work.
fn yield_now() {
    let m = kernel::enter_quietly();
    let m = match m.kind.get() {
        Kind::Parallel => kernel::yield_inside(m),
        // No choice point: who collects when is not the program's doing.
        Kind::Sim | Kind::Thread => {
            std::thread::yield_now();
            m
        }
    };
    kernel::leave(m);
}

/// Takes a step of the cycle, or ends it.
fn help() {
    let began = crate::sys::monotonic_ns();
    let worked = inside(|m| mark::step(cache::of(m), 1 << 20));
    stats::marked_by(stats::By::Assist, began);
    if worked.is_none() && !try_end() {
        yield_now();
    }
}

/// Pays what this cache's allocations owe: with what workers did, or by marking.
fn assist() {
    let began = crate::sys::monotonic_ns();
    let mut worked = true;
    while worked {
        worked = inside(|m| {
            let cache = cache::of(m);
            let debt = cache.debt.get();
            if debt <= 0 || !world::phase().marking() {
                return false;
            }
            // AcqRel: only a sum, but it is taken by one.
            let credit = CREDIT
                .fetch_update(AcqRel, Acquire, |c| (c > 0).then(|| c - c.min(debt)))
                .unwrap_or(0);
            let debt = debt - credit.clamp(0, debt);
            cache.debt.set(debt);
            if debt == 0 {
                return false;
            }
            let step = mark::step(cache, debt.min(ASSIST_STEP) as usize);
            // What was done beyond the debt is for the next allocations.
            cache.debt.set(debt - step.unwrap_or(0) as i64);
            step.is_some()
        });
    }
    stats::marked_by(stats::By::Assist, began);
    try_end();
}

/// A step of a mark worker; `false` when there is nothing to do, or no cycle.
pub(crate) fn work(m: MRef, budget: usize) -> bool {
    let done = mark::step(cache::of(m), budget);
    CREDIT.fetch_add(done.unwrap_or(0) as i64, Relaxed);
    done.is_some()
}

/// Begins a cycle; `false` when one is on, or somebody else is at it. Outside of the
/// runtime.
fn start(forced: bool) -> bool {
    if world::phase().marking() {
        return false;
    }
    central::finish();
    // In one stay inside, because whoever leaves may be abandoned with what it holds.
    let began = inside(|m| begin(m, forced));
    if began && inside(|m| m.kind.get()) == Kind::Parallel {
        worker::start();
    }
    began
}

fn begin(m: MRef, forced: bool) -> bool {
    let procs = m.rt.get().map_or(1, |rt| rt.procs());
    let stopped = world::stop();
    // Only now, because it is in stops that this changes.
    if world::phase().marking() || !central::is_swept() {
        return false;
    }
    let live = LIVE.load(Relaxed);
    BLACK.store(0, Relaxed);
    CREDIT.store(0, Relaxed);
    let (goal, work) = (GOAL.load(Relaxed), MARKED.load(Relaxed).max(live / 2));
    ASSIST.store(pacer::assist_ratio(work, live, goal), Relaxed);
    cache::for_each(&stopped, |cache| {
        cache.debt.set(0);
        cache.flush_if_abandoned();
    });
    mark::begin(&stopped);
    BEGUN.fetch_add(1, SeqCst);
    stats::begun(live, goal, forced, procs, stopped.lasted());
    true
}

/// Ends marking if it is complete. Outside of the runtime.
pub(crate) fn try_end() -> bool {
    let ended = inside(|_| {
        if !world::phase().marking() || !mark::seems_complete() {
            return false;
        }
        let stopped = world::stop();
        // Somebody else may have ended it, and another may have begun.
        if !world::phase().marking() {
            return false;
        }
        let Some(walked) = mark::is_complete(&stopped) else {
            return false;
        };
        stopped.end_marking();
        let at_end = LIVE.load(Relaxed);
        let marked = walked as u64 + BLACK.load(Relaxed);
        MARKED.store(marked, Relaxed);
        LIVE.store(marked, Relaxed);
        set_goal(BLACK.load(Relaxed));
        central::begin_sweep(&stopped);
        ENDED.fetch_add(1, SeqCst);
        stats::ended(at_end, marked, stopped.lasted());
        true
    });
    if ended {
        trace_line::print();
    }
    ended
}

/// Goal and trigger from what is live and GOGC. The world is stopped, or the caller
/// set GOGC.
fn set_goal(runway: u64) {
    let marked = MARKED.load(Relaxed);
    let goal = pacer::goal(marked, 0, PERCENT.load(Relaxed));
    GOAL.store(goal, Relaxed);
    TRIGGER.store(pacer::trigger(marked, goal, runway), Relaxed);
}

/// `debug::set_gc_percent`.
pub(crate) fn set_percent(percent: i32) -> i32 {
    set_up();
    inside(|_| {
        let _stopped = world::stop();
        let old = PERCENT.swap(percent.max(-1), Relaxed);
        set_goal(BLACK.load(Relaxed));
        old
    })
}

/// For tests: whether every allocation collects first.
pub(crate) fn set_stress(on: bool) {
    set_up();
    inside(|_| {
        let stopped = world::stop();
        stopped.set_stress(on);
        cache::for_each(&stopped, cache::Cache::flush);
    });
}

/// Reads the environment, once, before the first cycle or allocation run.
pub(crate) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Some(percent) = settings::percent() {
            PERCENT.store(percent, Release);
            set_goal(0);
        }
        trace_line::set_up(settings::gctrace());
    });
}

/// What the pacer goes by: live bytes and the goal.
pub(crate) fn live_and_goal() -> (u64, u64) {
    (LIVE.load(Relaxed), GOAL.load(Relaxed))
}
