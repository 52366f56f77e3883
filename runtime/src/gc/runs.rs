//! Collections in deterministic runs.
//!
//! A run must be the same each time it is replayed, and collections can be seen: by
//! destructors, which run in a goroutine of their own, by the figures. How large the
//! heap is depends on what the process did before. So in a run it does not count, and a
//! collection may begin at any allocation, as chance has it; the dice are the run's own
//! decisions so far and the number of the allocation, so that whatever replays the
//! decisions replays the collections, and other schedules have them elsewhere. They grow
//! rarer with the number of allocations, so that their cost stays in proportion.
//!
//! To count allocations, a run takes one slot at a time. Before a run, what other runs
//! and the process have left is collected. Its destructors go to a thread, for which the
//! run waits, because they use the heap too; and what they let go of is collected again.
//!
//! The exception: what else uses the heap at the same time, on other threads of the
//! process, collects when it will. In what order one collection's destructors run is not
//! fixed either; it goes by addresses.

use super::cache::Cache;
use super::{cycle, reaper};
use crate::sched::MRef;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// One allocation in so many begins a collection at first, on average.
const OFTEN: u64 = 64;

/// Destructors that make garbage with destructors are not followed further.
const MOST_ROUNDS: u32 = 8;

/// Something was allocated since the last run began.
static USED: AtomicBool = AtomicBool::new(false);

/// Slots were taken by somebody.
#[inline]
pub(crate) fn allocated() {
    if !USED.load(Relaxed) {
        USED.store(true, Relaxed);
    }
}

/// Counts an allocation of the run of `m`, whose cache it is; tells whether it begins a
/// collection.
pub(crate) fn is_due(m: MRef, cache: &Cache) -> bool {
    let number = cache.in_run.get() + 1;
    cache.in_run.set(number);
    let dice = mix(crate::sim::driver::course(m) ^ mix(number));
    dice.is_multiple_of(OFTEN + number / 8)
}

/// Mixes all bits (the finaliser of `SplitMix64`).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

/// A run begins on `m`. Before it does, on a thread.
pub(crate) fn begin(m: MRef) {
    // Relaxed: what other threads do at this moment is not part of it anyway.
    if USED.swap(false, Relaxed) {
        for _ in 0..MOST_ROUNDS {
            // From a thread: what is found dead is dropped by another, and not in the run.
            let before = reaper::threads_started();
            cycle::collect();
            reaper::wait_for_threads();
            if reaper::threads_started() == before {
                break;
            }
        }
    }
    if let Some(cache) = m.gc.get() {
        // A longer run of slots than one is from when it was no deterministic run's.
        if cache.has_slots() {
            cycle::in_a_stop(|| cache.flush());
        }
        cache.in_run.set(0);
    }
}
