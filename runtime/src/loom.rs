//! One import line makes a module model-checkable: `use crate::loom::…` is the
//! standard library, or `loom` under `--cfg loom`.

#[cfg(not(loom))]
mod real {
    pub(crate) mod sync {
        pub(crate) use std::sync::atomic;
    }
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::thread::yield_now;

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
}
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
mod model {
    pub(crate) mod sync {
        pub(crate) use loom::sync::atomic;
    }
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::thread::yield_now;
}
#[cfg(loom)]
pub(crate) use model::*;
