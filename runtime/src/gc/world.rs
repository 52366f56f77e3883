//! Regions, and stopping them.
//!
//! What a goroutine does with the collected heap beyond reading it, it does in a
//! *region*: taking a slot and filling it, turning handles into edges, loading an edge
//! and counting it, storing an edge. Regions take nanoseconds. To stop the world, for
//! the collector, is to let no region begin and to wait for the end of those that have
//! (`gate` has the picture, and the protocol).
//!
//! After the membarrier, which runs a full fence on every thread of the process, one of
//! two is true: the stop sees `in_gc`, or the region sees STOPPED. So an entry costs two
//! stores and a load, and code that computes, blocks, or reads collected objects never
//! notices a collection: it holds what it reads by a counted handle, and nothing that is
//! held changes or goes. That is why no signal is needed here, and why a pause lasts as
//! long as the longest region.
//!
//! One word carries all a region must know: whether marking is on, and the colour of
//! this cycle. It cannot change within a region, because it changes while the world is
//! stopped.
//!
//! A region is inside the runtime (`kernel`) from before its beginning until after its
//! end, which is what keeps a stop from waiting for ever:
//! - the preemption signal parks no thread that is inside the runtime, so none that is
//!   in a region; one that is parked by it has entered none;
//! - a claim fails on a thread that is inside, so the P, and with it the cache, stays
//!   the region's to its end;
//! - what an entry may have to do first (a P to get back, a stop of the scheduler's
//!   world, another goroutine's turn) is done before the region begins.
//!
//! So nothing in a region may enter the runtime again: its `leave` would be the end of
//! all this. The system may still take a region's processor away, and the stop waits.
//!
//! Until membarrier is registered, and for good on kernels without it, the gate is
//! fenced, and each region passes a fence itself.

use super::cache::{self, Cache};
use super::gate::{Gate, Phase};
use crate::fence::fence_all_threads;
use crate::kernel;
use crate::lock::SpinLock;
use crate::sched::m::{self, Kind, gate};
use crate::sched::{GRef, MRef};
use crate::sys;
use std::sync::atomic::Ordering::Relaxed;

static GATE: Gate = Gate::new();

/// The phase as it is now. Outside of a region and of a stop it may change at once.
#[inline]
pub(crate) fn phase() -> Phase {
    GATE.phase()
}

/// Begins a region of this M that obeys no barrier of marking; `false` if there is none now.
#[inline(always)]
pub(super) fn enter_calm(m: MRef) -> bool {
    GATE.enter_calm(&m.in_gc)
}

/// Such a region is over.
#[inline(always)]
pub(super) fn leave_calm(m: MRef) {
    Gate::leave(&m.in_gc);
}

/// This thread is in a region.
#[must_use = "a region must be left"]
pub(crate) struct Region {
    m: MRef,
    pub(crate) cache: &'static Cache,
    pub(crate) phase: Phase,
}

impl Region {
    #[inline(always)]
    pub(crate) fn enter() -> Region {
        let m = kernel::enter_quietly();
        // Before the region: the first time, it waits for a stop in progress.
        let cache = cache::of(m);
        let phase = GATE.enter(&m.in_gc);
        Region { m, cache, phase }
    }

    /// As [`enter`](Self::enter), by one who is inside the runtime already and ends it
    /// with [`end`](Self::end).
    pub(crate) fn within(m: MRef) -> Region {
        let cache = cache::of(m);
        let phase = GATE.enter(&m.in_gc);
        Region { m, cache, phase }
    }

    /// The region is over, and its thread still inside the runtime.
    pub(crate) fn end(self) {
        Gate::leave(&self.m.in_gc);
    }

    /// A goroutine that allocates goes no further once its runtime has ended.
    pub(crate) fn unless_abandoned(&self) -> Region {
        if self.m.gate.load(Relaxed) & gate::STOP != 0 && self.m.kind.get() == Kind::Parallel {
            Gate::leave(&self.m.in_gc);
            self.m.leave_for_good();
        }
        Region { ..*self }
    }

    /// The current goroutine begins a pin.
    pub(super) fn begins_pin(&self) -> Option<GRef> {
        kernel::begins_pin(self.m)
    }

    /// The M, if it is in a deterministic run.
    pub(crate) fn in_run(&self) -> Option<MRef> {
        (self.m.kind.get() == Kind::Sim).then_some(self.m)
    }

    #[inline(always)]
    pub(crate) fn leave(self) {
        Gate::leave(&self.m.in_gc);
        kernel::leave(self.m);
    }
}

/// One at a time stops the world.
static STOPPER: SpinLock<()> = SpinLock::new(());

/// The world stands still while this lives.
pub(crate) struct Stopped {
    _only: crate::lock::Guard<'static, ()>,
    began: u64,
}

/// Stops the world. The caller is inside the runtime, and in no region.
pub(crate) fn stop() -> Stopped {
    let only = STOPPER.lock();
    let began = sys::monotonic_ns();
    GATE.close(fence_all_threads);
    m::SLAB.for_each(|m| Gate::wait_for(&m.in_gc));
    Stopped { _only: only, began }
}

impl Stopped {
    /// How long it has lasted, in nanoseconds.
    pub(crate) fn lasted(&self) -> u64 {
        sys::monotonic_ns() - self.began
    }

    /// Marking begins: what was live is white by the colour's change.
    pub(crate) fn begin_marking(&self) {
        GATE.begin_marking();
    }

    pub(crate) fn end_marking(&self) {
        GATE.end_marking();
    }

    pub(crate) fn set_stress(&self, on: bool) {
        GATE.set_stress(on);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        GATE.open();
    }
}

/// Moves the fences from the regions to those who stop, where the system can. Called
/// before the first region of each thread that is new to the heap.
pub(crate) fn register() {
    if GATE.is_fenced() {
        // A stop in progress relies on the regions' fences.
        let _only = STOPPER.lock();
        sys::register_fences();
        if sys::fence_all_threads() {
            GATE.fence_no_more();
        }
    }
}
