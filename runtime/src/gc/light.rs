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

use super::barrier::Calm;
use super::world;
use crate::kernel;
use crate::sched::{MRef, m};

/// This thread is in a light region.
#[must_use = "a region must be left"]
pub(super) struct Light {
    m: MRef,
    pub(super) edges: Calm,
}

impl Light {
    /// `None` when there is more to it: marking, a stop, a thread's first time.
    #[inline(always)]
    pub(super) fn enter() -> Option<Light> {
        let m = m::current()?;
        world::enter_calm(m).then_some(Light { m, edges: Calm })
    }

    #[inline(always)]
    pub(super) fn leave(self) {
        world::leave_calm(self.m);
        kernel::look_at_slice(self.m);
    }
}
