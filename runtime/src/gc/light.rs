//! Light regions: changes to edges while no marking is on.
//!
//! While marking is off no barrier shades anything, so an edge is stored by a store. What
//! is left of a region is what keeps marking from beginning in the middle of it: the flag
//! that a stop waits for, and a look at the phase.
//!
//! ```text
//!   region   enters the runtime, has a cache        any phase
//!   light    the flag alone                         only while marking is off
//! ```
//!
//! A light region does not enter the runtime. It needs neither P nor cache, so it does not
//! matter if they are taken away meanwhile; and the preemption signal parks no thread
//! whose flag is set. All else that holds of regions (`world`) holds of these.

use super::header::Header;
use super::{heap, world};
use crate::kernel;
use crate::sched::{MRef, m};
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use std::sync::atomic::compiler_fence;

/// This thread is in a light region.
#[must_use = "a region must be left"]
pub(super) struct Light {
    m: MRef,
}

impl Light {
    /// `None` when there is more to it: marking, a stop, a thread's first time.
    #[inline(always)]
    pub(super) fn enter() -> Option<Light> {
        let m = m::current()?;
        // Relaxed with a compiler fence: as for any region.
        m.in_gc.store(true, Relaxed);
        compiler_fence(SeqCst);
        if world::is_calm() {
            return Some(Light { m });
        }
        m.in_gc.store(false, Release);
        None
    }

    #[inline(always)]
    pub(super) fn leave(self) {
        // Release: what we did is seen by whoever stops the world.
        self.m.in_gc.store(false, Release);
        kernel::look_at_slice(self.m);
    }

    /// An edge that was loaded in this region becomes a handle.
    #[inline(always)]
    pub(super) fn becomes_handle(&self, object: *mut u8) {
        if object.is_null() {
            return;
        }
        // SAFETY: in the heap when it was loaded, in this region.
        let (header, arena) = unsafe { (Header::of(object), heap::arena_of(object)) };
        if header.retain() {
            // Release: whoever takes the card sees the count.
            arena.card(object).store(1, Release);
        }
    }

    /// A handle becomes an edge, in this region.
    #[inline(always)]
    pub(super) fn became_edge(&self, object: *mut u8) {
        if !object.is_null() {
            // SAFETY: the handle's count, which ends here, kept it alive so far; the edge
            // does once the region is over.
            unsafe { Header::of(object) }.release_into_heap();
        }
    }
}
