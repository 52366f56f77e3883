//! The shim's other side: everything from loom.

pub(crate) mod sync {
    pub(crate) use ::loom::sync::atomic;
}
pub(crate) use ::loom::cell::UnsafeCell;
pub(crate) use ::loom::hint::spin_loop;
pub(crate) use ::loom::thread::yield_now;

/// With the dear side a full fence too, what the membarrier amounts to.
pub(crate) fn asymmetric_light_fence() {
    ::loom::sync::atomic::fence(::loom::sync::atomic::Ordering::SeqCst);
}

/// A ring small enough to fill and to wrap within a model.
pub(crate) const RING: usize = 4;

/// Pauses are steps to the model: the fewest.
pub(crate) const MOST_PAUSES: u32 = 1;

macro_rules! const_outside_models {
    ($($item:tt)*) => { $($item)* };
}
pub(crate) use const_outside_models;
