//! Vector clocks: who knows how much of whom.
//!
//! A goroutine has a slot and counts up in it each time it passes knowledge on;
//! its clock says, for every slot, up to which count it knows. What another
//! goroutine did at count `c` in slot `s` happened before now if our clock has at
//! least `c` in `s`. A primitive keeps a clock too: a release joins the
//! goroutine's into it, an acquire joins it into the goroutine's.
//!
//! A clock belongs to an era: one deterministic run, or all that runs in
//! parallel. Clocks of primitives that outlive a run say nothing to the next one.

use super::memory::Array;
use std::cell::UnsafeCell;

/// The era of everything that runs in parallel.
pub(crate) const PARALLEL: u64 = 1;

/// A vector clock of a goroutine or of a primitive.
///
/// Guarded by what it belongs to: a primitive's clock by the primitive's lock (or
/// by holding it, for a mutex), a goroutine's by whoever runs it, or readies it
/// while it waits.
pub(crate) struct Clock {
    inner: UnsafeCell<Inner>,
}

struct Inner {
    era: u64,
    counts: Array<u64>,
}

// SAFETY: see the type's comment: its owner's lock guards it.
unsafe impl Send for Clock {}
// SAFETY: as above.
unsafe impl Sync for Clock {}

impl Clock {
    pub(crate) const fn new() -> Clock {
        Clock {
            inner: UnsafeCell::new(Inner {
                era: 0,
                counts: Array::new(),
            }),
        }
    }

    #[allow(clippy::mut_from_ref, reason = "guarded by its owner's lock")]
    fn inner(&self) -> &mut Inner {
        // SAFETY: whoever calls holds what guards the clock, and no reference
        // leaves this module.
        unsafe { &mut *self.inner.get() }
    }

    /// What it knows of `slot`.
    #[inline]
    pub(super) fn knows(&self, slot: u32) -> u64 {
        self.inner().counts.get(slot as usize).copied().unwrap_or(0)
    }

    pub(super) fn era(&self) -> u64 {
        self.inner().era
    }

    /// Becomes an empty clock of `era`.
    pub(super) fn begin(&self, era: u64) {
        let inner = self.inner();
        inner.era = era;
        inner.counts.clear();
    }

    pub(super) fn set(&self, slot: u32, count: u64) {
        let counts = &mut self.inner().counts;
        counts.extend_to(slot as usize + 1, 0);
        counts[slot as usize] = count;
    }

    /// Learns all that `other` knows. A clock of another era is forgotten.
    #[inline]
    pub(super) fn take_in(&self, other: &Clock) {
        if std::ptr::eq(self, other) {
            return;
        }
        let (mine, theirs) = (self.inner(), other.inner());
        if theirs.era != mine.era {
            return;
        }
        mine.counts.extend_to(theirs.counts.len(), 0);
        for (a, &b) in mine.counts.iter_mut().zip(theirs.counts.iter()) {
            *a = (*a).max(b);
        }
    }

    /// As `take_in`, for a primitive's clock that learns from a goroutine's, whose
    /// era is the one that counts.
    #[inline]
    pub(super) fn take_in_from_goroutine(&self, goroutine: &Clock) {
        let era = goroutine.inner().era;
        if self.inner().era != era {
            self.begin(era);
        }
        self.take_in(goroutine);
    }

    /// The goroutine's clock learns ours, and ours becomes what the goroutine's
    /// was before: a slot of a buffered channel.
    #[inline]
    pub(super) fn exchange(&self, goroutine: &Clock) {
        let (slot, theirs) = (self.inner(), goroutine.inner());
        if slot.era != theirs.era {
            slot.era = theirs.era;
            slot.counts.clear();
        }
        let len = slot.counts.len().max(theirs.counts.len());
        slot.counts.extend_to(len, 0);
        theirs.counts.extend_to(len, 0);
        for (s, t) in slot.counts.iter_mut().zip(theirs.counts.iter_mut()) {
            let before = *t;
            *t = before.max(*s);
            *s = before;
        }
    }

    /// Its block goes back: the goroutine has ended.
    pub(super) fn forget(&self) {
        self.inner().counts = Array::new();
    }
}
