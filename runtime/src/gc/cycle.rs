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
//!
//! Pins can keep marking on when there is nothing more to mark (`pin`). Then all of these
//! rest, `gc()` returns without having freed anything, and the last of the pins goes on.
//!
//! When a cycle begins: by growth, when what was handed out since the last one reaches
//! the trigger (`pacer`); by a memory limit, in the same way with a lower goal; by
//! `gc()`; and two minutes after the last one (`background`). In deterministic runs none
//! of this counts, but the run itself (`runs`).

use super::mark::Progress;
use super::world::{self, Region};
use super::{
    background, cache, central, heap, limiter, mark, native, pacer, pin, reaper, runs, settings,
};
use super::{stats, trace_line, worker};
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
static RUNWAY: AtomicU64 = AtomicU64::new(0);
/// The memory limit, in bytes.
static LIMIT: AtomicU64 = AtomicU64::new(pacer::NO_LIMIT);
/// How fast the program allocates beside marking, in the last cycles; the bits of f64s.
static CONS_MARK: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
static PERCENT: AtomicI32 = AtomicI32::new(pacer::DEFAULT_PERCENT);
/// Of the cycle that marks: bytes to mark per byte allocated, in 1/256ths.
static ASSIST: AtomicU64 = AtomicU64::new(0);
/// Bytes that workers have marked and no assist has claimed.
static CREDIT: AtomicI64 = AtomicI64::new(0);

/// The most an assist marks before it looks again.
const ASSIST_STEP: i64 = 64 << 10;
/// How often `gc()` lets others run for the end of a pin that keeps its cycle on.
const PATIENCE: u32 = 64;

/// Counts what a cache took. In a region.
pub(crate) fn handed_out(region: &Region, bytes: usize) {
    // Relaxed: sums.
    LIVE.fetch_add(bytes as u64, Relaxed);
    runs::allocated();
    if region.phase.marking() {
        BLACK.fetch_add(bytes as u64, Relaxed);
        if !pin::are_awaited() {
            let owed = bytes as u64 * ASSIST.load(Relaxed) / 256;
            let debt = &region.cache.debt;
            debt.set(debt.get().saturating_add(owed as i64));
        }
    }
}

/// Whether an allocation must see to the collector first. In a region.
pub(crate) fn wants_attention(region: &Region) -> bool {
    if region.phase.stress() {
        return true;
    }
    let due_in_run = region
        .in_run()
        .is_some_and(|m| runs::is_due(m, region.cache));
    if region.phase.marking() {
        region.cache.debt.get() > 0 || pin::are_over()
    } else if region.in_run().is_some() {
        due_in_run
    } else {
        is_due().is_some()
    }
}

/// Why to collect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Growth,
    /// For the memory limit alone.
    Limit,
}

/// Who begins a cycle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// `gc()`, called when so many had begun.
    Force(u32),
    /// Whoever found it due by growth or limit, a moment ago.
    Due,
    /// A deterministic run, or the clock: however small the heap is.
    Chance,
}

/// Whether it is time to begin a cycle.
fn is_due() -> Option<Due> {
    let grown = LIVE.load(Relaxed) + native_growth();
    if grown >= TRIGGER.load(Relaxed) {
        return Some(Due::Growth);
    }
    let due = is_limited() && {
        let marked = MARKED.load(Relaxed);
        let goal = limit_goal();
        goal < GOAL.load(Relaxed) && grown >= pacer::trigger(marked, goal, RUNWAY.load(Relaxed))
    };
    due.then_some(Due::Limit)
}

/// Whether there is a memory limit.
pub(crate) fn is_limited() -> bool {
    LIMIT.load(Relaxed) != pacer::NO_LIMIT
}

fn native_growth() -> u64 {
    if native::is_counted() {
        native::growth()
    } else {
        0
    }
}

/// What the limit lets the heap grow to, as things are.
fn limit_goal() -> u64 {
    let limit = LIMIT.load(Relaxed);
    if limit == pacer::NO_LIMIT {
        return u64::MAX;
    }
    let (pages, free) = heap::ready();
    let memory = pacer::Memory {
        ready: pages + native::bytes(),
        free,
        live: LIVE.load(Relaxed) + native_growth(),
    };
    pacer::limit_goal(limit, memory, MARKED.load(Relaxed))
}

fn goal_by_growth() -> u64 {
    GOAL.load(Relaxed)
}

/// The size at which the next cycle is to be over.
fn goal() -> u64 {
    GOAL.load(Relaxed).min(limit_goal())
}

/// An allocation sees to the collector: assists, starts a cycle. Outside of the runtime.
pub(crate) fn attend() {
    set_up();
    let phase = world::phase();
    if phase.stress() {
        collect();
    } else if phase.marking() {
        assist();
        if inside(|_| pin::are_over()) {
            // The last pin's thread did not come to it.
            go_on();
        }
    } else if inside(|m| m.kind.get()) == Kind::Sim {
        // What was found due stays so, whatever other threads do to the heap.
        if start(By::Chance) {
            take_all_steps();
        }
    } else if let Some(due) = is_due()
        && !(due == Due::Limit && limits())
        && start(By::Due)
    {
        // In a parallel runtime workers do the rest, and assists.
        if inside(|m| m.kind.get()) != Kind::Parallel {
            take_all_steps();
        }
    }
}

/// Brings the cycle that is on to its end, with its sweeping, unless pins keep it on.
fn take_all_steps() {
    if mark_to_the_end() {
        central::finish();
        reaper::kick();
    }
}

/// Ends the marking that is on; `false` if pins keep it on.
fn mark_to_the_end() -> bool {
    let this = BEGUN.load(SeqCst);
    while ENDED.load(SeqCst) < this {
        if !help() && is_held_up() {
            return false;
        }
    }
    true
}

/// How many cycles have begun.
pub(crate) fn begun() -> u32 {
    BEGUN.load(Relaxed)
}

/// Whether pins keep marking from its end.
pub(crate) fn is_held_up() -> bool {
    inside(|_| pin::hold_up())
}

/// The pins that kept marking from its end are over: ends it. Outside of the runtime.
pub(crate) fn go_on() {
    if !inside(|_| pin::take_over()) {
        return;
    }
    if inside(|m| m.kind.get()) == Kind::Parallel {
        try_end();
        // To sweep; and to mark, should something have come up meanwhile.
        worker::start();
    } else {
        take_all_steps();
    }
}

/// Whether the collector has had its share of the CPU time.
fn limits() -> bool {
    if limiter::limiting() {
        inside(|m| limiter::update(procs(m)));
    }
    limiter::limiting()
}

fn procs(m: MRef) -> u32 {
    m.rt.get().map_or(1, |rt| rt.procs())
}

/// Collects: a cycle that begins after the call, to its end, and its sweeping. Pins that
/// keep a cycle on, which may be the caller's own, are given a chance, and not waited for.
pub(crate) fn collect() {
    set_up();
    let before = BEGUN.load(SeqCst);
    let mut patience = PATIENCE;
    while ENDED.load(SeqCst) <= before {
        if world::phase().marking() {
            if !help() && is_held_up() {
                if patience == 0 {
                    return;
                }
                patience -= 1;
            }
        } else if !start(By::Force(before)) {
            yield_now();
        }
    }
    central::finish();
    // Whoever ended it may not have come to it yet.
    inside(|_| trace_line::print());
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

/// Takes a step of the cycle, or ends it; or lets others run, and gives `false`.
fn help() -> bool {
    let worked = inside(|m| step(cache::of(m), stats::By::Assist, 1 << 20));
    let helped = worked.is_some() || try_end();
    if !helped {
        yield_now();
    }
    helped
}

/// Pays what this cache's allocations owe: with what workers did, or by marking.
///
/// At the goal nobody goes into debt any more: who finds nothing to mark, because others
/// are at it, waits for them. They may have lost their processors, and the heap would
/// grow meanwhile by whatever the program allocates.
fn assist() {
    pay_all();
    inside(|m| limiter::update(procs(m)));
    while !try_end() && is_behind() {
        yield_now();
        pay_all();
    }
}

/// Marks until the debt is paid, or there is nothing to mark.
fn pay_all() {
    while pay() {}
}

/// Whether this cache owes, and the heap has reached the goal.
fn is_behind() -> bool {
    let owes = inside(|m| cache::of(m).debt.get() > 0 && world::phase().marking());
    owes && !limiter::limiting() && LIVE.load(Relaxed) + native_growth() >= goal()
}

/// One step of it; whether it may be worth another.
fn pay() -> bool {
    inside(|m| {
        let cache = cache::of(m);
        let debt = cache.debt.get();
        if debt <= 0 || !world::phase().marking() {
            return false;
        }
        // Where only pins keep marking on, nothing will ever pay; and one of them may be
        // ours. (The stop that found so has cleared all debts, but not one that was being
        // paid meanwhile.)
        if limiter::limiting() || pin::hold_up() {
            cache.debt.set(0);
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
        let step = step(cache, stats::By::Assist, debt.min(ASSIST_STEP) as usize);
        // What was done beyond the debt is for the next allocations.
        cache.debt.set(debt - step.unwrap_or(0) as i64);
        step.is_some()
    })
}

/// A step of marking, timed: what was marked, in bytes.
fn step(cache: &'static cache::Cache, by: stats::By, budget: usize) -> Option<usize> {
    stats::timed(by, || mark::step(cache, budget))
}

/// A step of a mark worker; `false` when there is nothing to do, or no cycle.
pub(crate) fn work(m: MRef, budget: usize) -> bool {
    let done = step(cache::of(m), stats::By::Worker, budget);
    CREDIT.fetch_add(done.unwrap_or(0) as i64, Relaxed);
    done.is_some()
}

/// Begins a cycle; `false` when one is on, or somebody else is at it. Outside of the
/// runtime.
fn start(by: By) -> bool {
    if world::phase().marking() {
        return false;
    }
    central::finish();
    // In one stay inside, because whoever leaves may be abandoned with what it holds.
    let began = inside(|m| begin(m, by));
    if began && inside(|m| m.kind.get()) == Kind::Parallel {
        worker::start();
    }
    began
}

fn begin(m: MRef, by: By) -> bool {
    let procs = procs(m);
    limiter::update(procs);
    let stopped = world::stop();
    // Only now, because it is in stops that this changes.
    if world::phase().marking() || !central::is_swept() {
        return false;
    }
    // The one that was waited for may have ended just now.
    if let By::Force(before) = by
        && ENDED.load(SeqCst) > before
    {
        return false;
    }
    // Two may have found it due, and the other's cycle may be over already.
    if by == By::Due && is_due().is_none() {
        return false;
    }
    let live = LIVE.load(Relaxed);
    BLACK.store(0, Relaxed);
    CREDIT.store(0, Relaxed);
    let (goal, work) = (goal(), MARKED.load(Relaxed).max(live / 2));
    ASSIST.store(pacer::assist_ratio(work, live, goal), Relaxed);
    cache::for_each(&stopped, |cache| {
        cache.debt.set(0);
        cache.flush_if_abandoned();
    });
    mark::begin(&stopped);
    BEGUN.fetch_add(1, SeqCst);
    let forced = matches!(by, By::Force(_));
    stats::begun(live, goal, forced, procs, stopped.lasted());
    true
}

/// Ends marking if it is complete. Outside of the runtime.
pub(crate) fn try_end() -> bool {
    inside(|m| {
        if !world::phase().marking() || !mark::seems_complete() || pin::hold_up() {
            return false;
        }
        let stopped = world::stop();
        // Somebody else may have ended it, and another may have begun.
        if !world::phase().marking() {
            return false;
        }
        let walked = match mark::progress(&stopped) {
            Progress::Complete(walked) => walked,
            Progress::On => return false,
            Progress::Pinned => {
                // There is nothing to pay with.
                cache::for_each(&stopped, |cache| cache.debt.set(0));
                stats::all_marked(LIVE.load(Relaxed));
                return false;
            }
        };
        pin::end_cycle(&stopped);
        stopped.end_marking();
        let at_end = LIVE.load(Relaxed);
        let marked = walked as u64 + BLACK.load(Relaxed);
        MARKED.store(marked, Relaxed);
        LIVE.store(marked, Relaxed);
        native::collected();
        central::begin_sweep(&stopped);
        if let Some(cycle) = stats::ended(at_end, marked, stopped.lasted()) {
            learn(&cycle, walked as u64);
        }
        let last_goal = goal_by_growth();
        set_goal();
        background::pace(goal_by_growth(), last_goal);
        limiter::update(procs(m));
        // Last: who waits for the end finds all figures.
        ENDED.fetch_add(1, SeqCst);
        drop(stopped);
        trace_line::print();
        true
    })
}

/// How long the next runway is to be, from how the last cycles went.
fn learn(cycle: &stats::Cycle, walked: u64) {
    // Up to where there was nothing more to mark: then it waited for pins.
    let (end, heap) = cycle
        .all_marked
        .unwrap_or((cycle.ending, cycle.heap_at_end));
    let whole = (end - cycle.marking).max(1) as f64 * f64::from(cycle.procs);
    let assists = cycle.assist_ns as f64 / whole;
    let idle = (cycle.worker_ns as f64 / whole - pacer::SHARE).max(0.0);
    let allocated = heap.saturating_sub(cycle.heap_at_start);
    let now = pacer::cons_mark(allocated, walked, pacer::SHARE + assists, idle);
    // The worst of the last ones: a trigger that comes too late costs assists.
    let worst = CONS_MARK
        .iter()
        .map(|bits| f64::from_bits(bits.load(Relaxed)))
        .fold(now, f64::max);
    CONS_MARK[cycle.number as usize % CONS_MARK.len()].store(now.to_bits(), Relaxed);
    RUNWAY.store(pacer::runway(worst, walked), Relaxed);
}

/// Goal and trigger by growth, from what is live and GOGC. In a stop.
fn set_goal() {
    let marked = MARKED.load(Relaxed);
    let goal = pacer::goal(marked, native::base(), PERCENT.load(Relaxed));
    GOAL.store(goal, Relaxed);
    TRIGGER.store(pacer::trigger(marked, goal, RUNWAY.load(Relaxed)), Relaxed);
}

/// Values that were found dead have been dropped, and with them native memory.
pub(crate) fn dropped() {
    if native::dropped() {
        in_a_stop(set_goal);
    }
}

pub(crate) fn in_a_stop<R>(f: impl FnOnce() -> R) -> R {
    inside(|_| {
        let _stopped = world::stop();
        f()
    })
}

/// `debug::set_gc_percent`.
pub(crate) fn set_percent(percent: i32) -> i32 {
    set_up();
    let old = in_a_stop(|| {
        let old = PERCENT.swap(percent.max(-1), Relaxed);
        set_goal();
        old
    });
    if percent < 0 {
        // Whoever turns collecting off finds it off, but for a cycle that pins keep on.
        mark_to_the_end();
    }
    old
}

/// `debug::set_memory_limit`; `None` only asks.
pub(crate) fn set_limit(limit: Option<u64>) -> u64 {
    set_up();
    match limit {
        Some(limit) => in_a_stop(|| {
            heap::set_limit(limit);
            LIMIT.swap(limit, Relaxed)
        }),
        None => LIMIT.load(Relaxed),
    }
}

/// The memory limit.
pub(crate) fn limit() -> u64 {
    LIMIT.load(Relaxed)
}

/// Whether a collection may begin because there has been none for long.
pub(crate) fn collects_by_time() -> bool {
    PERCENT.load(Relaxed) >= 0 && !world::phase().marking()
}

/// Begins a cycle, for a goroutine that leaves the rest to the workers.
pub(crate) fn begin_by_time() {
    start(By::Chance);
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

/// For tests: begins a cycle, and marks nothing yet. On a thread no worker does, either.
pub(crate) fn begin_for_test() {
    set_up();
    while !start(By::Force(BEGUN.load(SeqCst))) {
        help();
    }
}

/// For tests: marks all that there is to mark, and does not end marking.
pub(crate) fn mark_for_test() {
    while inside(|m| mark::step(cache::of(m), usize::MAX)).is_some() {}
}

/// For tests: ends the cycle, and sweeps.
pub(crate) fn end_for_test() {
    if mark_to_the_end() {
        central::finish();
    }
}

/// Reads the environment, once, before the first cycle or allocation run.
pub(crate) fn set_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Some(percent) = settings::percent() {
            PERCENT.store(percent, Release);
            set_goal();
        }
        if let Some(limit) = settings::limit() {
            LIMIT.store(limit, Release);
            heap::set_limit(limit);
        }
        trace_line::set_up(settings::gctrace());
    });
}

/// What the pacer goes by, for reports: the goal, and whether growth collects.
pub(crate) fn goal_and_enabled() -> (u64, bool) {
    (goal(), PERCENT.load(Relaxed) >= 0)
}
