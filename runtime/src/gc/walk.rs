//! Walks over the handles of a value, with exclusive access to it.
//!
//! ```text
//!                into the heap                       out of it
//!   value   --- Prepare, then Unrooter --->  in     --- Rooter --->  value
//! ```
//!
//! A value moves into the heap when its object is made, when the lock that guards it in
//! an object is given back, and when it is sent on a channel that lies in the heap; it
//! moves out when the lock is taken and when it is received. Each handle is one word,
//! whose lowest bit is set outside, where the handle owns a count.
//!
//! `Prepare` does what cannot be done in a region: a channel that comes into the heap
//! for the first time needs an object that stands for it (`chan::shared`).

use super::handle::ROOTED;
use super::world::Region;

/// What is done to each handle of a value.
///
/// # Safety
/// Of the crate alone: what lies in the heap depends on these walks.
#[doc(hidden)]
pub unsafe trait Walk {
    /// Whether the value is in the heap afterwards; `None` if it stays where it is.
    const INTO_HEAP: Option<bool>;
    /// A handle's or a cell's word.
    fn word(&mut self, word: &mut *mut u8);
    /// A channel's handle.
    fn channel(&mut self, handle: ChannelHandle<'_>);
}

/// The handle on a channel that may be traced (`chan::shared`).
#[doc(hidden)]
#[allow(
    missing_debug_implementations,
    reason = "an argument of a hidden method"
)]
pub struct ChannelHandle<'a>(pub(crate) &'a mut dyn Movable);

/// A handle that knows itself how to move.
pub(crate) trait Movable {
    /// See [`Prepare`].
    fn prepare(&mut self);
    /// Becomes an edge, if it was prepared.
    fn unroot(&mut self, region: &Region);
    /// Becomes a handle that is counted.
    fn root(&mut self, region: &Region);
}

/// Before the value is moved into the heap. Outside of regions and of the runtime.
pub(crate) struct Prepare;

// SAFETY: changes no handle.
unsafe impl Walk for Prepare {
    const INTO_HEAP: Option<bool> = None;

    #[inline(always)]
    fn word(&mut self, _: &mut *mut u8) {}

    fn channel(&mut self, handle: ChannelHandle<'_>) {
        handle.0.prepare();
    }
}

/// Turns handles into edges, in a region.
#[allow(
    missing_debug_implementations,
    reason = "an argument of a hidden method"
)]
pub(crate) struct Unrooter<'a> {
    pub(crate) region: &'a Region,
}

// SAFETY: each handle becomes an edge, and is shaded if marking is on.
unsafe impl Walk for Unrooter<'_> {
    const INTO_HEAP: Option<bool> = Some(true);

    #[inline(always)]
    fn word(&mut self, word: &mut *mut u8) {
        if word.addr() & ROOTED != 0 {
            *word = word.map_addr(|a| a & !ROOTED);
            if !word.is_null() {
                self.region.became_edge(*word);
            }
        }
    }

    fn channel(&mut self, handle: ChannelHandle<'_>) {
        handle.0.unroot(self.region);
    }
}

/// Turns edges into handles, in a region.
pub(crate) struct Rooter<'a> {
    pub(crate) region: &'a Region,
}

// SAFETY: each edge becomes a handle with a count of its own.
unsafe impl Walk for Rooter<'_> {
    const INTO_HEAP: Option<bool> = Some(false);

    #[inline(always)]
    fn word(&mut self, word: &mut *mut u8) {
        if word.addr() & ROOTED == 0 {
            if !word.is_null() {
                self.region.becomes_handle(*word);
            }
            *word = word.map_addr(|a| a | ROOTED);
        }
    }

    fn channel(&mut self, handle: ChannelHandle<'_>) {
        handle.0.root(self.region);
    }
}
