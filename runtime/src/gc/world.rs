//! Regions, and stopping them.
//!
//! What a goroutine does with the collected heap beyond reading it, it does in a
//! *region*: taking a slot and filling it, turning handles into edges, loading an edge
//! and counting it, storing an edge. Regions take nanoseconds. To stop the world, for
//! the collector, is to let no region begin and to wait for the end of those that have:
//!
//! ```text
//!   region                                    stop
//!     in_gc = 1                                 PHASE |= STOPPED
//!     (compiler fence)                          membarrier
//!     PHASE & STOPPED? in_gc = 0, wait          wait until no M is in a region
//!     …                                         …
//!     in_gc = 0                                 PHASE &= !STOPPED
//! ```
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
//! Until membarrier is registered, and for good on kernels without it, `FENCED` is set
//! and each region passes a fence itself.

use super::cache::{self, Cache};
use crate::kernel;
use crate::lock::SpinLock;
use crate::sched::m::{self, Kind, gate};
use crate::sched::{M, MRef};
use crate::sys;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicUsize, compiler_fence, fence};

/// No region may begin.
const STOPPED: usize = 1;
/// Marking is on: regions obey the barriers.
const MARKING: usize = 2;
/// Regions pass a fence themselves.
const FENCED: usize = 4;
/// For tests: every allocation collects first.
const STRESS: usize = 8;
/// The colour of this cycle: 1 or 2.
const COLOUR_SHIFT: u32 = 8;

static PHASE: AtomicUsize = AtomicUsize::new(FENCED | 1 << COLOUR_SHIFT);

/// What is true for the length of a region. A whole register: a smaller one beside the
/// pointers of a `Region` is copied in pieces, and waits for its own store.
#[derive(Clone, Copy)]
pub(crate) struct Phase(usize);

impl Phase {
    #[inline(always)]
    pub(crate) fn marking(self) -> bool {
        self.0 & MARKING != 0
    }

    pub(crate) fn stress(self) -> bool {
        self.0 & STRESS != 0
    }

    /// What marks an object that this cycle has reached, or that is new.
    #[inline(always)]
    pub(crate) fn colour(self) -> u8 {
        (self.0 >> COLOUR_SHIFT) as u8
    }
}

/// The phase as it is now. Outside of a region and of a stop it may change at once.
#[inline]
pub(crate) fn phase() -> Phase {
    Phase(PHASE.load(Acquire))
}

/// Whether a region has nothing to wait for, and no barrier to obey.
#[inline(always)]
pub(super) fn is_calm() -> bool {
    // Acquire: as for the region.
    PHASE.load(Acquire) & (STOPPED | MARKING | FENCED) == 0
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
        // Relaxed with a compiler fence: see the picture.
        m.in_gc.store(true, Relaxed);
        compiler_fence(SeqCst);
        // Acquire: pairs with the release of whoever started the world again.
        let mut phase = PHASE.load(Acquire);
        if phase & (STOPPED | FENCED) != 0 {
            phase = begin_slowly(m);
        }
        Region {
            m,
            cache,
            phase: Phase(phase),
        }
    }

    /// As [`enter`](Self::enter), by one who is inside the runtime already and ends it
    /// with [`end`](Self::end).
    pub(crate) fn within(m: MRef) -> Region {
        let cache = cache::of(m);
        // Relaxed, Acquire: as above.
        m.in_gc.store(true, Relaxed);
        compiler_fence(SeqCst);
        let mut phase = PHASE.load(Acquire);
        if phase & (STOPPED | FENCED) != 0 {
            phase = begin_slowly(m);
        }
        Region {
            m,
            cache,
            phase: Phase(phase),
        }
    }

    /// The region is over, and its thread still inside the runtime.
    pub(crate) fn end(self) {
        // Release: as below.
        self.m.in_gc.store(false, Release);
    }

    /// A goroutine that allocates goes no further once its runtime has ended.
    pub(crate) fn unless_abandoned(&self) -> Region {
        if self.m.gate.load(Relaxed) & gate::STOP != 0 && self.m.kind.get() == Kind::Parallel {
            self.m.in_gc.store(false, Release);
            self.m.leave_for_good();
        }
        Region { ..*self }
    }

    /// The M, if it is in a deterministic run.
    pub(crate) fn in_run(&self) -> Option<MRef> {
        (self.m.kind.get() == Kind::Sim).then_some(self.m)
    }

    #[inline(always)]
    pub(crate) fn leave(self) {
        // Release: what we did is seen by whoever stops the world.
        self.m.in_gc.store(false, Release);
        kernel::leave(self.m);
    }
}

/// The world is stopped, or fences are on the regions' side.
#[cold]
#[inline(never)]
fn begin_slowly(m: MRef) -> usize {
    loop {
        fence(SeqCst);
        let phase = PHASE.load(Acquire);
        if phase & STOPPED == 0 {
            return phase;
        }
        m.in_gc.store(false, Release);
        while PHASE.load(Relaxed) & STOPPED != 0 {
            std::thread::yield_now();
        }
        m.in_gc.store(true, Relaxed);
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
    let phase = PHASE.fetch_or(STOPPED, SeqCst);
    if phase & FENCED == 0 {
        sys::fence_all_threads();
    }
    fence(SeqCst);
    m::SLAB.for_each(wait_for);
    Stopped { _only: only, began }
}

fn wait_for(m: &'static M) {
    // Acquire: pairs with the release at the end of a region.
    while m.in_gc.load(Acquire) {
        std::thread::yield_now();
    }
}

impl Stopped {
    /// How long it has lasted, in nanoseconds.
    pub(crate) fn lasted(&self) -> u64 {
        sys::monotonic_ns() - self.began
    }

    /// Marking begins: what was live is white by the colour's change.
    pub(crate) fn begin_marking(&self) {
        let phase = PHASE.load(Relaxed);
        let other = 3 - (phase >> COLOUR_SHIFT);
        let flags = phase & ((1 << COLOUR_SHIFT) - 1);
        PHASE.store(flags | MARKING | other << COLOUR_SHIFT, SeqCst);
    }

    pub(crate) fn end_marking(&self) {
        PHASE.fetch_and(!MARKING, SeqCst);
    }

    pub(crate) fn set_stress(&self, on: bool) {
        if on {
            PHASE.fetch_or(STRESS, Relaxed);
        } else {
            PHASE.fetch_and(!STRESS, Relaxed);
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Release: the regions that begin now see what was changed.
        PHASE.fetch_and(!STOPPED, Release);
    }
}

/// Moves the fences from the regions to those who stop, where the system can. Called
/// before the first region of each thread that is new to the heap.
pub(crate) fn register() {
    if PHASE.load(Relaxed) & FENCED != 0 {
        // A stop in progress relies on the regions' fences.
        let _only = STOPPER.lock();
        sys::register_fences();
        if sys::fence_all_threads() {
            PHASE.fetch_and(!FENCED, SeqCst);
        }
    }
}
