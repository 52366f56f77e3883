//! The runtime's own lock: a byte, spun on.
//!
//! Held only inside the runtime (a thread there is never stopped on purpose, see
//! `kernel`; debug builds check that it is so), for a few dozen instructions, with no
//! user code under it. Taking it is one atomic exchange and giving it back is a plain
//! store, which is why it is not the standard library's mutex: channels pay this twice
//! per value, and an unlock that must look for sleepers costs a second atomic operation.
//!
//! A waiter backs off: pauses first, doubling, so that the holder's cache line is
//! left alone (a holder that runs many short sections in a row then keeps its
//! line and the total is faster); then it yields its time slice, for the case
//! that the system took the holder off its processor.

use crate::loom::UnsafeCell;
use crate::loom::sync::atomic::{AtomicBool, Ordering};

pub(crate) struct SpinLock<T> {
    locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands the value to one thread at a time.
unsafe impl<T: Send> Sync for SpinLock<T> {}
// SAFETY: as for the value itself.
unsafe impl<T: Send> Send for SpinLock<T> {}

// No user code runs under the lock, so no panic leaves it half-changed.
impl<T> std::panic::UnwindSafe for SpinLock<T> {}
impl<T> std::panic::RefUnwindSafe for SpinLock<T> {}

impl<T> SpinLock<T> {
    crate::loom::const_outside_models! {
        pub(crate) fn new(value: T) -> Self {
            SpinLock { locked: AtomicBool::new(false), value: UnsafeCell::new(value) }
        }
    }

    #[inline(always)]
    #[cfg_attr(debug_assertions, track_caller)]
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        #[cfg(debug_assertions)]
        check_inside();
        // Acquire: pairs with the release in Guard's drop.
        if self.locked.swap(true, Ordering::Acquire) {
            self.contended();
        }
        Guard { lock: self }
    }

    /// Takes the lock if it is free at this moment.
    pub(crate) fn try_lock(&self) -> Option<Guard<'_, T>> {
        // Acquire: as above.
        (!self.locked.swap(true, Ordering::Acquire)).then_some(Guard { lock: self })
    }

    /// The value, where nobody else can have the lock: nothing is taken.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        // SAFETY: whoever holds a guard has borrowed the lock, and it is ours alone.
        self.value.with_mut(|v| unsafe { &mut *v })
    }

    /// A guard for a lock that was taken by `lock`, whose guard was forgotten: for
    /// a select, which holds as many locks as it has cases.
    ///
    /// # Safety
    /// The caller holds the lock and uses no other guard of it.
    #[inline(always)]
    pub(crate) unsafe fn assume_locked(&self) -> Guard<'_, T> {
        Guard { lock: self }
    }

    #[cold]
    #[inline(never)]
    fn contended(&self) {
        let mut pauses = 8u32;
        loop {
            if pauses <= crate::loom::MOST_PAUSES {
                (0..pauses).for_each(|_| crate::loom::spin_loop());
                pauses *= 2;
            } else {
                crate::loom::yield_now();
            }
            // Acquire: pairs with the release in Guard's drop.
            if !self.locked.swap(true, Ordering::Acquire) {
                return;
            }
        }
    }
}

/// A goroutine that takes a spin lock outside of the runtime can be stopped while it
/// holds it, and then whoever runs in its place spins for ever.
#[cfg(debug_assertions)]
#[track_caller]
fn check_inside() {
    use crate::sched::m::{self, Kind};
    let stoppable = m::current().is_some_and(|m| {
        m.kind.get() == Kind::Parallel
            && m.g.get().is_some()
            && !m.in_runtime.load(Ordering::Relaxed)
    });
    assert!(!stoppable, "a spin lock is taken outside of the runtime");
}

#[must_use = "the lock is given back when the guard is dropped"]
pub(crate) struct Guard<'a, T> {
    lock: &'a SpinLock<T>,
}

impl<T> std::ops::Deref for Guard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the guard is proof that we hold the lock.
        self.lock.value.with(|v| unsafe { &*v })
    }
}

impl<T> std::ops::DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is proof that we hold the lock, and is borrowed
        // mutably.
        self.lock.value.with_mut(|v| unsafe { &mut *v })
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // Release: pairs with the acquire of the next holder.
        self.lock.locked.store(false, Ordering::Release);
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;
    use crate::kernel;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn in_a_goroutine(f: impl FnOnce() + Send) -> std::thread::Result<()> {
        let rt = crate::Runtime::builder().procs(1).panic_in_caller();
        let rt = rt.build().expect("a small runtime");
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        catch_unwind(AssertUnwindSafe(|| unsafe { rt.run(f) }))
    }

    #[test]
    fn a_goroutine_takes_one_inside_of_the_runtime_only() {
        let lock = SpinLock::new(1);
        let inside = in_a_goroutine(|| {
            let m = kernel::enter_quietly();
            *lock.lock() += 1;
            kernel::leave(m);
        });
        assert!(inside.is_ok());
        let outside = in_a_goroutine(|| *lock.lock() += 1);
        let text = *outside.unwrap_err().downcast::<&str>().unwrap();
        assert_eq!(text, "a spin lock is taken outside of the runtime");
        // A thread that runs no goroutine is not stopped.
        assert_eq!(*lock.lock(), 2);
    }
}
