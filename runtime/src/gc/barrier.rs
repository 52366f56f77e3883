//! The barriers: what a region tells the collector of what it does to edges and counts.
//!
//! While marking, what is not found by walking must have been met here (`mark` says why
//! that is enough):
//!
//! ```text
//!   an edge is overwritten      shade what it led to: somebody may have read it under a
//!                               pin, or be about to
//!   a handle becomes an edge    shade: the object it lies in may have been walked, and
//!                               the count, by which it was a root, is gone
//!   an object becomes a root    shade: its card may have been looked at; and set the card,
//!                               in any phase, for the next look
//!   an object is new            it has the colour, and is not walked: what was put into
//!                               it became an edge, and was shaded
//! ```
//!
//! To shade is to mark an object if it is white, and to leave it to be walked. The models
//! in `runtime/models` run this file in all orders, beside marking.

use super::header::Header;
use super::heap;
use super::world::Region;
use crate::loom::raise;
use crate::loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The barriers of a region in which no marking is on (`Gate::enter_calm`): what is left of
/// them are the counts, and the cards.
pub(crate) struct Calm;

impl Calm {
    /// A handle, if it is one, becomes an edge.
    #[inline(always)]
    pub(crate) fn became_edge(&self, object: *mut u8) {
        if !object.is_null() {
            // SAFETY: the handle's count, which ends here, kept it alive so far; the edge
            // does once the region is over.
            unsafe { Header::of(object) }.release_into_heap();
        }
    }

    /// An edge that was loaded in this region, if there was one, becomes a handle.
    #[inline(always)]
    pub(crate) fn becomes_handle(&self, object: *mut u8) {
        // SAFETY: in the heap when it was loaded, in this region.
        if !object.is_null() && unsafe { Header::of(object) }.retain() {
            // SAFETY: as above. With release: whoever takes the card sees the count.
            raise(unsafe { heap::arena_of(object) }.card(object));
        }
    }
}

impl Region {
    /// A handle becomes an edge, in this region.
    #[inline(always)]
    pub(crate) fn became_edge(&self, object: *mut u8) {
        // SAFETY: the handle's count, which ends here, kept it alive so far; the edge
        // does once the region is over, and until then nothing is freed.
        unsafe { Header::of(object) }.release_into_heap();
        if self.phase.marking() {
            self.shade(object);
        }
    }

    /// An edge that was loaded in this region becomes a handle.
    #[inline(always)]
    pub(crate) fn becomes_handle(&self, object: *mut u8) {
        // SAFETY: in the heap when it was loaded, in this region: nothing is freed before
        // a stop, which waits for us.
        if unsafe { Header::of(object) }.retain() {
            self.new_root(object);
        }
    }

    /// An object that somebody else holds becomes an edge, too.
    #[inline(always)]
    pub(crate) fn stored(&self, object: *mut u8) {
        if self.phase.marking() && !object.is_null() {
            self.shade(object);
        }
    }

    /// An edge of the heap is no longer where it was.
    #[inline(always)]
    pub(crate) fn overwritten(&self, object: *mut u8) {
        if self.phase.marking() && !object.is_null() {
            self.shade(object);
        }
    }

    /// An object has been made: whoever finds its mark sees the object.
    #[inline(always)]
    pub(crate) fn born(&self, object: *mut u8) {
        // SAFETY: the caller has made it, in a slot that was free. Release: whoever looks
        // for roots here sees the object.
        unsafe { heap::arena_of(object) }
            .mark(object)
            .store(self.phase.colour(), Release);
    }

    /// Marks an object that a barrier has met, to be walked. Only while marking.
    #[inline]
    pub(crate) fn shade(&self, object: *mut u8) {
        // SAFETY: the caller holds the object by a handle or an edge.
        let mark = unsafe { heap::arena_of(object) }.mark(object);
        // Relaxed: a second marker may see it late and walk the object again.
        if mark.load(Relaxed) != self.phase.colour() {
            mark.store(self.phase.colour(), Relaxed);
            self.cache.push_grey(object);
        }
    }

    /// An object became a root that was none: an edge was loaded.
    #[cold]
    #[inline(never)]
    pub(crate) fn new_root(&self, object: *mut u8) {
        // SAFETY: as above. With release: whoever takes the card sees the count.
        raise(unsafe { heap::arena_of(object) }.card(object));
        if self.phase.marking() {
            self.shade(object);
        }
    }

    /// Whether an object that nothing may lead to any more can still be had: while
    /// marking, all can that are not freed. It then becomes a root.
    pub(crate) fn can_have(&self, object: *mut u8) -> bool {
        // SAFETY: not freed, or its memory is another object's: see who asks. Acquire: it
        // is seen as it was made.
        let mark = unsafe { heap::arena_of(object) }.mark(object);
        self.phase.marking() || mark.load(Acquire) == self.phase.colour()
    }
}
