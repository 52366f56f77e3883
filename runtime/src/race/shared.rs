//! A clock with a lock of its own, for primitives that work without one.

use super::clock::Clock;
use super::hooks;
use crate::kernel;
use crate::lock::SpinLock;
use crate::sched::{MRef, m};

/// As [`Clock`], for use by several at once.
pub(crate) struct Shared(SpinLock<Clock>);

impl Shared {
    pub(crate) const fn new() -> Shared {
        Shared(SpinLock::new(Clock::new()))
    }

    /// Its owner has ended.
    pub(super) fn forget(&self) {
        self.0.lock().forget();
    }

    #[inline(always)]
    pub(crate) fn acquire(&self, m: MRef) {
        if hooks::on(m) {
            hooks::acquire(m, &self.0.lock());
        }
    }

    #[inline(always)]
    pub(crate) fn release(&self, m: MRef) {
        if hooks::on(m) {
            hooks::release(m, &self.0.lock());
        }
    }
}

impl Default for Shared {
    fn default() -> Self {
        Shared::new()
    }
}

/// A choice point and then `op`, which is one with its clock: no other operation on
/// it comes in between (Go: an atomic that sees another's effect comes after it).
/// `reads` acquires, `writes` releases.
#[inline(always)]
pub(crate) fn atomically<R>(
    shared: &Shared,
    reads: bool,
    writes: bool,
    op: impl FnOnce() -> R,
) -> R {
    if !kernel::somebody_watches() {
        return op();
    }
    kernel::point();
    watched(shared, reads, writes, op)
}

#[inline(never)]
fn watched<R>(shared: &Shared, reads: bool, writes: bool, op: impl FnOnce() -> R) -> R {
    if !m::current().is_some_and(hooks::on) {
        return op();
    }
    let m = kernel::enter_quietly();
    let clock = shared.0.lock();
    if reads {
        hooks::acquire(m, &clock);
    }
    let result = op();
    if writes {
        hooks::release(m, &clock);
    }
    drop(clock);
    kernel::leave(m);
    result
}
