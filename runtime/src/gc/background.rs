//! What sysmon does for the heap: a collection after two minutes without one, and
//! giving free pages back to the system.
//!
//! Pages that are free are kept for what the heap is going to need: what was in use when
//! the last cycle ended, in proportion to how the goal has changed, and a tenth more; or
//! 95 % of a memory limit, if that is less (Go's `runtime/mgcscavenge.go`). What is
//! beyond is given back in small steps, with a hundredth of one processor.
//!
//! In programs without a runtime nobody does this: there, pages are given back by
//! `free_os_memory` and at the memory limit.

use super::{cycle, heap, native, pacer, stats};
use crate::sched::{Closure, Rt, switch};
use crate::sys;
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes given back in one step.
const STEP: usize = 512 << 10;
/// The part of a processor for giving back: one in so many.
const SHARE: u64 = 100;

/// What the heap may keep, and when the next step is due.
static RETAINED: AtomicU64 = AtomicU64::new(u64::MAX);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// How long the heap goes without a collection (Go's `forcegcperiod`).
static LONGEST_NS: AtomicU64 = AtomicU64::new(120_000_000_000);
/// When a collection was last asked for because of that.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// For tests: how long the heap goes without a collection.
pub(crate) fn set_longest(ns: u64) {
    LONGEST_NS.store(ns, Relaxed);
}

/// A cycle is over, in its last stop: how much the heap may keep, by what is in use, the
/// new goal and the last one.
pub(crate) fn pace(goal: u64, last_goal: u64) {
    let in_use = heap::totals().in_use as u64;
    RETAINED.store(retained(in_use, goal, last_goal), Relaxed);
}

fn retained(in_use: u64, goal: u64, last_goal: u64) -> u64 {
    if goal == u64::MAX || last_goal == u64::MAX {
        return u64::MAX;
    }
    let wanted = u128::from(in_use) * u128::from(goal) / u128::from(last_goal.max(1));
    u64::try_from(wanted + wanted / 10).unwrap_or(u64::MAX)
}

/// Bytes of free pages that are to be given back.
fn too_many() -> u64 {
    let totals = heap::totals();
    let (backed, free) = (totals.in_use + totals.idle_backed, totals.idle_backed);
    let by_goal = (backed as u64).saturating_sub(RETAINED.load(Relaxed));
    let limit = cycle::limit();
    let by_limit = if limit == pacer::NO_LIMIT {
        0
    } else {
        let all = heap::ready().0 + native::bytes();
        all.saturating_sub(limit / 100 * 95)
    };
    by_goal.max(by_limit).min(free as u64)
}

/// When the heap next asks for [`tend`]; `None` for never, as things are. On the
/// monotonic clock.
pub(crate) fn due() -> Option<u64> {
    let scavenge = (too_many() >= STEP as u64).then(|| NEXT.load(Relaxed));
    [scavenge, collection_due()].into_iter().flatten().min()
}

fn collection_due() -> Option<u64> {
    if !cycle::collects_by_time() {
        return None;
    }
    let last = stats::last_end()?.max(ASKED.load(Relaxed));
    Some(last + LONGEST_NS.load(Relaxed))
}

/// Does what is due. By sysmon.
pub(crate) fn tend(rt: &'static Rt, now: u64) {
    if NEXT.load(Relaxed) <= now && too_many() >= STEP as u64 {
        heap::scavenge(STEP);
        let took = sys::monotonic_ns() - now;
        NEXT.store(now + took * SHARE, Relaxed);
    }
    if collection_due().is_some_and(|due| due <= now) {
        ASKED.store(now, Relaxed);
        // SAFETY: called once; a function borrows nothing and may run anywhere. It is
        // small, so nothing is allocated.
        let closure = unsafe { Closure::new(super::worker::collect) };
        switch::inject_system(rt, closure, Location::caller());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_keeps_what_it_is_going_to_need_and_a_tenth() {
        assert_eq!(retained(100, 50, 50), 110);
        assert_eq!(retained(100, 25, 50), 55);
        assert_eq!(retained(100, 100, 50), 220);
        assert_eq!(retained(100, u64::MAX, 50), u64::MAX);
    }
}
