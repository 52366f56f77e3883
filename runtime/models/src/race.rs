//! The race detector as the models see it: nobody watches.

use crate::sched::{GRef, MRef};

pub(crate) struct Clock;

impl Clock {
    pub(crate) const fn new() -> Clock {
        Clock
    }
}

pub(crate) fn acquire(_: MRef, _: &Clock) {}
pub(crate) fn release(_: MRef, _: &Clock) {}
pub(crate) fn acquire_for(_: MRef, _: GRef, _: &Clock) {}
pub(crate) fn watching(_: impl FnOnce(MRef)) {}
pub(crate) fn point_watching(_: impl FnOnce(MRef)) {}

/// The clocks of a channel.
pub(crate) struct Slots;

impl Slots {
    pub(crate) fn new(_: usize) -> Slots {
        Slots
    }
    pub(crate) fn stored(&mut self, _: MRef) {}
    pub(crate) fn taken(&mut self, _: MRef, _: Option<GRef>) {}
    pub(crate) fn handed_to(&mut self, _: MRef, _: GRef) {}
    pub(crate) fn handed_by(&mut self, _: MRef, _: GRef) {}
    pub(crate) fn close(&mut self, _: MRef) {}
    pub(crate) fn saw_closed(&mut self, _: MRef) {}
    pub(crate) fn woken_by_close(&mut self, _: MRef, _: GRef) {}
}
