//! The collected heap: shared pointers whose cycles are freed.
//!
//! A precise, concurrent, tri-colour mark-and-sweep collector, and the allocator under
//! it, with an interface that is safe to use from every goroutine and thread. There is
//! one heap per process.
//!
//! ```text
//!   Gc, GcCell, GcVec, GcMap, Weak, UniqueGc, GcDyn, pin, add_cleanup, Trace
//!   handle.rs cell.rs vec.rs map.rs weak.rs unique.rs dynamic.rs pin.rs cleanup.rs
//!      |
//!   trace.rs impls.rs  edges in a value     walk.rs    values move in and out
//!   array.rs   objects of any length        guarded.rs values behind locks
//!   specials.rs  weak slots, cleanups       keeps.rs   who keeps this alive
//!   header.rs  the word before each object  world.rs gate.rs   regions; stopping them
//!   object.rs lent.rs  objects, borrowed    light.rs   regions while nothing is marked
//!   barrier.rs roots.rs   what marking relies on
//!   cache.rs   a P's runs of free slots     mark.rs    roots, edges, colours
//!   central.rs spans of a class, sweeping   cycle.rs   start, assist, end
//!   span.rs    slots, sweeping one span     worker.rs  its goroutines
//!   heap.rs    pages, tables                pacer.rs   goal, trigger
//!   classes.rs sizes                        limiter.rs at most half of the CPU time
//!   native.rs  what malloc has given out    reaper.rs  destructors
//!   runs.rs    deterministic runs
//!   stats.rs  trace_line.rs  settings.rs    background.rs  time and the scavenger
//! ```
//!
//! Invariants
//! 1. A handle's rooted bit is set exactly if it owns one unit of the object's count.
//!    An edge (not rooted) never leaves the heap; a clone is always rooted.
//! 2. Marking visits every edge that was made when its value moved into the heap.
//! 3. While marking: an edge that is overwritten, a handle that becomes an edge, and an
//!    object that becomes a root are shaded; new objects are black.
//! 4. Load and count, unroot and publish, store and shade happen in one region, which
//!    no stop of the world interrupts (`world`).
//! 5. No user code runs in a region or in a stop, and nothing allocates there. Destructors
//!    of values run in a goroutine of their own (`reaper`).
//! 6. An object with a count lies on a page whose card is set, or in a run that a cache
//!    allocates from.

mod array;
mod background;
mod barrier;
mod cache;
mod cell;
mod central;
mod classes;
mod cleanup;
mod cycle;
mod dynamic;
mod gate;
mod guarded;
mod handle;
mod header;
mod heap;
mod impls;
mod keeps;
mod lent;
mod light;
mod limiter;
mod map;
mod mark;
mod native;
mod object;
mod pacer;
mod pin;
mod reaper;
mod roots;
mod runs;
mod settings;
mod span;
mod specials;
mod stats;
mod trace;
mod trace_line;
mod unique;
mod vec;
mod walk;
mod weak;
mod worker;
mod world;

pub(crate) use background::{due, tend};
pub(crate) use cache::Cache;
pub use cell::{Edge, GcCell};
pub use cleanup::{Cleanup, add_cleanup, clear_finalizer, set_finalizer};
pub(crate) use cycle::{set_limit, set_percent, set_up};
pub use dynamic::GcDyn;
pub(crate) use guarded::Guarded;
pub use handle::Gc;
pub(crate) use header::Header;
pub(crate) use keeps::who_keeps;
pub use keeps::{Keeper, Keepers};
pub use map::GcMap;
#[doc(hidden)]
pub use mark::Marker;
pub use marmota_macros::Trace;
pub use native::CountingAllocator;
pub use object::Object;
pub use pin::{Pinned, pin};
pub(crate) use runs::begin as begin_run;
pub(crate) use stats::read_gc_stats;
pub use stats::{BySize, GcStats, MemStats, read_mem_stats};
pub use trace::Trace;
pub use unique::UniqueGc;
pub use vec::GcVec;
#[doc(hidden)]
pub use walk::{ChannelHandle, Walk};
pub(crate) use walk::{Movable, Prepare, Rooter, Unrooter};
pub use weak::Weak;
pub(crate) use world::Region;

/// A [`sync::Mutex`](crate::sync::Mutex) in the collected heap: what it guards is traced, so
/// that a cycle through it is collected. The lock is the same type everywhere; this is its
/// name among the collector's types.
///
/// Taking it makes handles of the edges in the value, and giving it back makes edges of
/// the handles: a step each, so guard a few, and use [`GcVec`] or [`GcMap`] for many.
///
/// ```
/// use marmota::gc::{self, Gc, GcMutex, Trace};
///
/// #[derive(Trace)]
/// struct Account {
///     balance: u64,
///     partners: GcMutex<Vec<Gc<Account>>>,
/// }
///
/// let a = Gc::new(Account { balance: 10, partners: GcMutex::new(Vec::new()) });
/// let b = Gc::new(Account { balance: 20, partners: GcMutex::new(vec![a.clone()]) });
/// a.partners.lock().push(b); // a cycle: collected once `a` is dropped
/// assert_eq!(a.partners.lock()[0].balance, 20);
/// ```
pub type GcMutex<T> = crate::sync::Mutex<T>;

/// Collects now: waits for a collection that is on, then marks and sweeps once (Go's
/// `runtime.GC`). When it returns, everything that nothing led to at the call is freed,
/// but for values with destructors, which a goroutine drops afterwards.
///
/// ```
/// use marmota::gc::{self, Gc};
/// drop(Gc::new([0u64; 100]));
/// let before = gc::read_mem_stats();
/// gc::gc();
/// assert!(gc::read_mem_stats().num_gc > before.num_gc);
/// ```
pub fn gc() {
    cycle::collect();
}

/// Gives free pages back to the system, at most so many bytes.
pub(crate) fn scavenge(bytes: usize) {
    let m = crate::kernel::enter_quietly();
    heap::scavenge(bytes);
    crate::kernel::leave(m);
}

/// For the runtime's own tests.
#[doc(hidden)]
pub mod testing {
    use std::sync::atomic::Ordering::Relaxed;

    /// Collects at every allocation, and overwrites what dies.
    pub fn set_stress(on: bool) {
        set_poison(on);
        super::cycle::set_stress(on);
    }

    /// Overwrites what dies.
    pub fn set_poison(on: bool) {
        super::span::POISON.store(on, Relaxed);
    }

    /// How long the heap goes without a collection, in nanoseconds.
    pub fn set_longest(ns: u64) {
        super::background::set_longest(ns);
    }

    /// Begins a cycle, and marks nothing yet. On a plain thread nobody else does, either;
    /// in a runtime workers are ready to.
    pub fn begin_cycle() {
        super::cycle::begin_for_test();
    }

    /// Whether a cycle is on that marks.
    pub fn is_marking() -> bool {
        super::world::phase().marking()
    }

    /// Marks all that is grey or a root now; marking goes on.
    pub fn mark_all() {
        super::cycle::mark_for_test();
    }

    /// Ends the cycle, and sweeps.
    pub fn end_cycle() {
        super::cycle::end_for_test();
    }

    /// Whether the current goroutine's slice is used up.
    pub fn is_asked_to_yield() -> bool {
        crate::sched::m::current().is_some_and(|m| m.preempt.load(Relaxed))
    }

    /// Steps of marking that workers have taken beyond their share of the time.
    pub fn idle_steps() -> u64 {
        super::worker::idle_steps()
    }

    /// The mark workers that this runtime has.
    pub fn workers() -> usize {
        super::worker::count()
    }

    /// Values that wait for their destructors, cleanups and finalizers that wait, and
    /// goroutines of this runtime that are at one of these.
    pub fn waiting_for_drop() -> usize {
        // In this order: what is taken off a list is under way before.
        super::reaper::waiting() + super::reaper::under_way()
    }
}
