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

/// As in the runtime, with fences that make loom see one order of all such accesses.
/// They stand with the writes: a pair of a write and a read needs one on each side, and
/// with two the models would not notice a write that is too weak.
pub(crate) trait SeqCstAccess<T> {
    fn sc_load(&self) -> T;
    fn sc_store(&self, value: T);
    fn sc_sub(&self, n: T) -> T;
}

macro_rules! seq_cst_access {
    ($($atomic:ident: $of:ty),*) => {
        $(impl SeqCstAccess<$of> for sync::atomic::$atomic {
            fn sc_load(&self) -> $of {
                self.load(sync::atomic::Ordering::SeqCst)
            }

            fn sc_store(&self, value: $of) {
                self.store(value, sync::atomic::Ordering::SeqCst);
                sync::atomic::fence(sync::atomic::Ordering::SeqCst);
            }

            fn sc_sub(&self, n: $of) -> $of {
                let before = self.fetch_sub(n, sync::atomic::Ordering::SeqCst);
                sync::atomic::fence(sync::atomic::Ordering::SeqCst);
                before
            }
        })*
    };
}
seq_cst_access!(AtomicU32: u32, AtomicU64: u64);

/// A ring small enough to fill and to wrap within a model.
pub(crate) const RING: usize = 4;

/// Pauses are steps to the model: the fewest.
pub(crate) const MOST_PAUSES: u32 = 1;

macro_rules! const_outside_models {
    ($($item:tt)*) => { $($item)* };
}
pub(crate) use const_outside_models;
