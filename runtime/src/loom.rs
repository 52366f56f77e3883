//! What lock-free modules import instead of the standard library, so that they can
//! be model-checked: `use crate::loom::…` is std here, and `loom` in the crate
//! `runtime/models`, which compiles the very same files.

pub(crate) mod sync {
    pub(crate) use std::sync::atomic;
}
pub(crate) use std::hint::spin_loop;
pub(crate) use std::thread::yield_now;

/// The cheap side of a fence of which `sys::fence_all_threads` is the dear one: keeps
/// the compiler from moving a load before a store (a full fence in the models).
#[inline(always)]
pub(crate) fn asymmetric_light_fence() {
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

/// Lets time pass, for whoever waits for another thread in a loop. In the models it gives up
/// the rest of its thread: what would come after the wait is an interleaving of its own.
pub(crate) fn wait_a_moment() {
    std::thread::yield_now();
}

/// Stores 1 with release into a flag that another thread takes by a swap: the store comes
/// before that swap or after it. The models need to be told: to loom, a store and a swap of
/// two threads may have no order at all.
#[inline(always)]
pub(crate) fn raise(flag: &sync::atomic::AtomicU8) {
    flag.store(1, sync::atomic::Ordering::Release);
}

/// Accesses that take part in one order of all that are sequentially consistent. The
/// models need to be told: loom takes them for acquire and release, and knows that
/// order of fences only.
pub(crate) trait SeqCstAccess<T> {
    fn sc_load(&self) -> T;
    fn sc_store(&self, value: T);
    fn sc_sub(&self, n: T) -> T;
}

macro_rules! seq_cst_access {
    ($($atomic:ident: $of:ty),*) => {
        $(impl SeqCstAccess<$of> for sync::atomic::$atomic {
            #[inline(always)]
            fn sc_load(&self) -> $of {
                self.load(sync::atomic::Ordering::SeqCst)
            }

            #[inline(always)]
            fn sc_store(&self, value: $of) {
                self.store(value, sync::atomic::Ordering::SeqCst);
            }

            #[inline(always)]
            fn sc_sub(&self, n: $of) -> $of {
                self.fetch_sub(n, sync::atomic::Ordering::SeqCst)
            }
        })*
    };
}
seq_cst_access!(AtomicU32: u32, AtomicU64: u64);

/// Slots of a P's run queue (Go's number; the models use fewer).
pub(crate) const RING: usize = 256;

/// Pauses in a row before a spinner gives its time slice away.
pub(crate) const MOST_PAUSES: u32 = 1024;

/// How often a mutex is taken before it leans for the first time.
#[inline(always)]
pub(crate) const fn first_leaning() -> u32 {
    1 << 12
}

/// Constructors are `const` here; loom's cannot be.
macro_rules! const_outside_models {
    ($(#[$attr:meta])* $vis:vis fn $($rest:tt)*) => { $(#[$attr])* $vis const fn $($rest)* };
}
pub(crate) use const_outside_models;

/// `std::cell::UnsafeCell` with loom's way of access.
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.0.get())
    }

    #[inline(always)]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}
