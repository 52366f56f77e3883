//! The parts of the collector that are compiled here: the word before each object, the
//! gate of regions, the barriers, and the look for roots. Around them
//! a heap of a few objects, each with a mark and a card of its own.

use ::loom::cell::UnsafeCell;
use ::loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};

pub(crate) mod trace {
    /// What the word has the address of.
    #[repr(align(64))]
    pub(crate) struct TypeInfo;

    /// For the file's own tests, which are compiled here too, and not run.
    #[cfg(test)]
    pub(crate) struct Of<T>(std::marker::PhantomData<T>);

    #[cfg(test)]
    impl<T> Of<T> {
        pub(crate) const INFO: &'static TypeInfo = &TypeInfo;
    }
}

#[path = "../../src/gc/barrier.rs"]
pub(crate) mod barrier;
#[path = "../../src/gc/gate.rs"]
pub(crate) mod gate;
#[path = "../../src/gc/header.rs"]
pub(crate) mod header;
#[path = "../../src/gc/roots.rs"]
pub(crate) mod roots;

pub(crate) mod heap {
    use super::{AtomicBool, AtomicU8, AtomicU64};
    use ::loom::sync::atomic::AtomicPtr;

    pub(crate) const FREE: u8 = 0;
    pub(crate) const DOOMED: u8 = 255;

    /// Begins with its word, as all objects do.
    #[repr(C)]
    pub(crate) struct Object {
        pub(crate) word: AtomicU64,
        /// Where it leads to.
        pub(crate) edge: AtomicPtr<u8>,
        pub(crate) mark: AtomicU8,
        pub(crate) card: AtomicU8,
        /// It was swept.
        pub(crate) swept: AtomicBool,
    }

    /// Each is its own arena.
    ///
    /// # Safety
    /// `object` is an [`Object`].
    pub(crate) unsafe fn arena_of(object: *mut u8) -> &'static Object {
        // SAFETY: by this function's contract; objects of models are never freed.
        unsafe { &*object.cast::<Object>() }
    }

    impl Object {
        pub(crate) fn mark(&self, _: *mut u8) -> &AtomicU8 {
            &self.mark
        }

        pub(crate) fn card(&self, _: *mut u8) -> &AtomicU8 {
            &self.card
        }
    }
}

/// What barriers have shaded. No atomic: loom reports a region and a stop at once, or one
/// that does not see what the other did.
#[derive(Default)]
pub(crate) struct Cache(UnsafeCell<Vec<usize>>);

// SAFETY: what the models are to show.
unsafe impl Sync for Cache {}

impl Cache {
    pub(crate) fn push_grey(&self, object: *mut u8) {
        // SAFETY: the region's own.
        self.0
            .with_mut(|greys| unsafe { (*greys).push(object.expose_provenance()) });
    }

    /// The world is stopped.
    pub(crate) fn take_greys(&self) -> Vec<usize> {
        // SAFETY: nobody is in a region.
        self.0
            .with_mut(|greys| std::mem::take(unsafe { &mut *greys }))
    }
}

pub(crate) mod world {
    use super::{AtomicBool, Cache};
    use crate::gc::gate::{Gate, Phase};

    /// A stay in the collected heap.
    pub(crate) struct Region {
        in_gc: &'static AtomicBool,
        pub(crate) cache: &'static Cache,
        pub(crate) phase: Phase,
    }

    impl Region {
        pub(crate) fn enter(
            gate: &Gate,
            in_gc: &'static AtomicBool,
            cache: &'static Cache,
        ) -> Region {
            Region {
                in_gc,
                cache,
                phase: gate.enter(in_gc),
            }
        }

        pub(crate) fn leave(self) {
            Gate::leave(self.in_gc);
        }
    }
}

/// A region of the channels, of which no value lies in the heap here.
pub(crate) struct Region;

impl Region {
    pub(crate) fn within(_: crate::sched::MRef) -> Region {
        Region
    }

    pub(crate) fn end(self) {}
}
