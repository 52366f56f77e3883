//! The word that all regions look at: whether they may begin, and what they must obey.
//!
//! This is the protocol of `world` alone, over the word and the flags (`in_gc`) of those
//! who are in a region; `world` knows whose flags there are. The models in
//! `runtime/models` run this very file in all orders.
//!
//! ```text
//!   enter                                     close, wait_for, open
//!     in_gc = 1                                 PHASE |= STOPPED
//!     (light fence)                             membarrier
//!     PHASE & STOPPED? in_gc = 0, wait          wait until in_gc == 0, for each
//!     …                                         …
//!     in_gc = 0                                 PHASE &= !STOPPED
//! ```

use crate::loom::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::loom::sync::atomic::{AtomicBool, AtomicUsize, fence};
use crate::loom::{asymmetric_light_fence, const_outside_models, wait_a_moment};

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

/// The word.
pub(crate) struct Gate(AtomicUsize);

impl Gate {
    const_outside_models! {
        /// Open, not marking, and fenced.
        pub(crate) fn new() -> Gate {
            Gate(AtomicUsize::new(FENCED | 1 << COLOUR_SHIFT))
        }
    }

    /// The phase as it is now. Outside of a region and of a stop it may change at once.
    #[inline(always)]
    pub(crate) fn phase(&self) -> Phase {
        Phase(self.0.load(Acquire))
    }

    /// A region begins; it waits for a stop in progress.
    #[inline(always)]
    pub(crate) fn enter(&self, in_gc: &AtomicBool) -> Phase {
        // Relaxed with a light fence: see the picture.
        in_gc.store(true, Relaxed);
        asymmetric_light_fence();
        // Acquire: pairs with the release of whoever started the world again.
        let mut phase = self.0.load(Acquire);
        if phase & (STOPPED | FENCED) != 0 {
            phase = self.enter_slowly(in_gc);
        }
        Phase(phase)
    }

    /// A region begins if it has nothing to wait for and no barrier of marking to obey;
    /// else there is none.
    #[inline(always)]
    pub(crate) fn enter_calm(&self, in_gc: &AtomicBool) -> bool {
        // Relaxed with a light fence: as above.
        in_gc.store(true, Relaxed);
        asymmetric_light_fence();
        // Acquire: as above.
        if self.0.load(Acquire) & (STOPPED | MARKING | FENCED) == 0 {
            return true;
        }
        in_gc.store(false, Release);
        false
    }

    /// The world is stopped, or fences are on the regions' side.
    #[cold]
    #[inline(never)]
    fn enter_slowly(&self, in_gc: &AtomicBool) -> usize {
        loop {
            fence(SeqCst);
            let phase = self.0.load(Acquire);
            if phase & STOPPED == 0 {
                return phase;
            }
            in_gc.store(false, Release);
            while self.0.load(Relaxed) & STOPPED != 0 {
                wait_a_moment();
            }
            in_gc.store(true, Relaxed);
        }
    }

    /// A region is over.
    #[inline(always)]
    pub(crate) fn leave(in_gc: &AtomicBool) {
        // Release: what was done in it is seen by whoever stops the world.
        in_gc.store(false, Release);
    }

    /// No region begins from here on; those that have are to be waited for. One at a time
    /// does this. `fence_all` makes every thread of the process pass a full fence.
    pub(crate) fn close(&self, fence_all: impl FnOnce()) {
        if self.0.fetch_or(STOPPED, SeqCst) & FENCED == 0 {
            fence_all();
        }
        fence(SeqCst);
    }

    /// Waits until this one is in no region.
    pub(crate) fn wait_for(in_gc: &AtomicBool) {
        // Acquire: pairs with the release at the end of a region.
        while in_gc.load(Acquire) {
            wait_a_moment();
        }
    }

    /// Regions may begin again.
    pub(crate) fn open(&self) {
        // Release: the regions that begin now see what was changed.
        self.0.fetch_and(!STOPPED, Release);
    }

    /// Marking begins: what was live is white by the colour's change. In a stop.
    pub(crate) fn begin_marking(&self) {
        let phase = self.0.load(Relaxed);
        let other = 3 - (phase >> COLOUR_SHIFT);
        let flags = phase & ((1 << COLOUR_SHIFT) - 1);
        self.0
            .store(flags | MARKING | other << COLOUR_SHIFT, SeqCst);
    }

    /// Marking is over. In a stop.
    pub(crate) fn end_marking(&self) {
        self.0.fetch_and(!MARKING, SeqCst);
    }

    /// In a stop.
    pub(crate) fn set_stress(&self, on: bool) {
        if on {
            self.0.fetch_or(STRESS, Relaxed);
        } else {
            self.0.fetch_and(!STRESS, Relaxed);
        }
    }

    /// Whether regions pass a fence themselves.
    pub(crate) fn is_fenced(&self) -> bool {
        self.0.load(Relaxed) & FENCED != 0
    }

    /// From now on whoever stops the world does it for them. Not in a stop.
    pub(crate) fn fence_no_more(&self) {
        self.0.fetch_and(!FENCED, SeqCst);
    }
}
