//! What Go's package `runtime/debug` offers, and a view of the scheduler.

use crate::gc;
use crate::kernel;
use crate::sched::m::Kind;
use crate::sched::{Home, Rt, Status, g};
use std::sync::atomic::Ordering::Relaxed;

pub use crate::kernel::WaitReason;
pub use crate::leaks::{
    Hopeless, LeakGroup, LeakProfile, LeakReport, Leaked, leak_profile, leak_report,
};

/// The scheduler at one moment; see [`read_sched_stats`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedStats {
    /// Goroutines that run, or are in code that the runtime does not see into.
    pub running: usize,
    /// Goroutines that could run.
    pub runnable: usize,
    /// Goroutines that wait, by reason, the most frequent first.
    pub waiting: Vec<(WaitReason, usize)>,
    /// Threads that run goroutines, or sleep until there is one to run.
    pub threads: usize,
    /// How often a goroutine was stopped by a signal since the runtime's start.
    pub preempted: u64,
    /// How often a thread that blocked lost its processor since the runtime's start.
    pub retaken: u64,
}

/// Counts goroutines by state and reason, and what the scheduler did (the like of
/// Go's `runtime/metrics`, `/sched`). Costs a walk over all goroutines.
///
/// Outside of a parallel runtime everything is zero.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let stats = marmota::debug::read_sched_stats();
///     assert_eq!(stats.running, 1);
/// }
/// ```
pub fn read_sched_stats() -> SchedStats {
    let Some(rt) = current_rt() else {
        return SchedStats::default();
    };
    // Room for all reasons: nothing is allocated inside the runtime.
    let mut counts = [0usize; 32];
    let mut stats = SchedStats {
        preempted: rt.preemptions.load(Relaxed),
        retaken: rt.retakes.load(Relaxed),
        ..SchedStats::default()
    };
    let m = kernel::enter_quietly();
    g::SLAB.for_each(|g| {
        let ours = g.rt.get().is_some_and(|of| std::ptr::eq(of, rt));
        if !ours || g.home.get() != Home::Parallel || g.system.get() {
            return;
        }
        match g.status() {
            Status::Free => {}
            Status::Running => stats.running += 1,
            Status::Runnable => stats.runnable += 1,
            Status::Waiting => counts[g.reason() as usize] += 1,
        }
    });
    stats.threads = rt.state.lock().ms as usize;
    kernel::leave(m);
    stats.waiting = (0..counts.len())
        .filter(|&i| counts[i] > 0)
        .map(|i| (WaitReason::from_u8(i as u8), counts[i]))
        .collect();
    stats.waiting.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    stats
}

/// Sets the most threads the runtime may have and returns the old limit (Go's
/// `debug.SetMaxThreads`; the default is 10,000). A program that needs more ends with
/// `fatal error: thread exhaustion`; so does this call if there are more already.
///
/// Outside of a parallel runtime it does nothing and returns 0.
pub fn set_max_threads(n: usize) -> usize {
    let Some(rt) = current_rt() else { return 0 };
    let m = kernel::enter_quietly();
    let old = rt.max_threads.swap(n, Relaxed);
    rt.check_thread_limit(&rt.state.lock());
    kernel::leave(m);
    old
}

fn current_rt() -> Option<&'static Rt> {
    let m = kernel::enter_quietly();
    let rt = (m.kind.get() == Kind::Parallel)
        .then(|| m.rt.get())
        .flatten();
    kernel::leave(m);
    rt
}

/// Sets how much the collected heap may grow between two collections, in percent of
/// what was live after the last one, and returns the old setting (Go's
/// `debug.SetGCPercent`). A negative percentage turns collection by growth off. At the
/// start it is GOGC, or 100.
///
/// The more, the fewer collections and the more memory. A collection that is on goes on;
/// but when the call turns collection off, none is on any more when it returns.
///
/// ```
/// let old = marmota::debug::set_gc_percent(50);
/// assert_eq!(marmota::debug::set_gc_percent(old), 50);
/// ```
pub fn set_gc_percent(percent: i32) -> i32 {
    gc::set_percent(percent)
}

/// Sets how much memory the collected heap may take, in bytes, and returns the old
/// limit (Go's `debug.SetMemoryLimit`). A negative number changes nothing. At the start
/// it is GOMEMLIMIT, or `i64::MAX`, which is none.
///
/// The heap is collected sooner than GOGC says, and also when collection by growth is
/// off, to keep under it; free pages are given back first. It is no promise: what is live
/// stays, and when that comes near the limit, collecting takes at most about half of the
/// CPU time, and the heap grows on.
///
/// What counts: the heap's pages that have memory behind them, its tables, and the
/// native heap if the program has a [`CountingAllocator`](crate::gc::CountingAllocator).
/// Stacks do not.
///
/// ```
/// use marmota::debug::set_memory_limit;
/// let old = set_memory_limit(512 << 20);
/// assert_eq!(set_memory_limit(-1), 512 << 20);
/// set_memory_limit(old);
/// ```
pub fn set_memory_limit(bytes: i64) -> i64 {
    gc::set_limit(u64::try_from(bytes).ok()) as i64
}

pub use crate::gc::GcStats;

/// How often and for how long collections have stopped the world (Go's
/// `debug.ReadGCStats`).
///
/// ```
/// marmota::gc::gc();
/// let stats = marmota::debug::read_gc_stats();
/// assert!(stats.num_gc >= 1 && stats.last_gc.is_some());
/// assert_eq!(stats.pause.len(), stats.num_gc.min(256) as usize);
/// ```
pub fn read_gc_stats() -> GcStats {
    gc::read_gc_stats()
}

/// Tells why an object of the collected heap is not freed: the handles on it besides the
/// one given, and the shortest way to it from another object that is held. Where such a
/// handle lies cannot be told: it is outside of the heap, or in something that is not
/// traced (an Arc, a skipped field).
///
/// Collects first, and stops the world while it searches the heap.
///
/// ```
/// use marmota::gc::{Gc, GcVec, Trace};
///
/// #[derive(Trace)]
/// struct Session(u32);
/// #[derive(Trace)]
/// struct Registry {
///     sessions: GcVec<Gc<Session>>,
/// }
///
/// let registry = Gc::new(Registry { sessions: GcVec::new() });
/// let session = Gc::new(Session(1));
/// registry.sessions.push(session.clone());
///
/// let keepers = marmota::debug::who_keeps(&session);
/// assert_eq!(keepers.handles, 0);
/// let names: Vec<&str> = keepers.path.iter().map(|k| k.type_name).collect();
/// assert!(names[0].ends_with("Registry") && names[2].ends_with("Session"));
/// println!("session 1 is {keepers}");
/// ```
pub fn who_keeps<T: gc::Trace>(object: &gc::Gc<T>) -> gc::Keepers {
    gc::who_keeps(object)
}

/// Collects, and gives all free pages of the collected heap back to the system (Go's
/// `debug.FreeOSMemory`).
///
/// ```
/// let big = marmota::gc::Gc::new([0u8; 1 << 20]);
/// drop(big);
/// marmota::debug::free_os_memory();
/// let stats = marmota::gc::read_mem_stats();
/// assert!(stats.heap_released >= 1 << 20);
/// ```
pub fn free_os_memory() {
    gc::gc();
    gc::scavenge(usize::MAX);
}
