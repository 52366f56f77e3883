//! `Cond`: wait for a condition that others bring about under a lock.
//!
//! A waiter joins the queue before it gives the mutex back, and a signal takes the
//! first in the queue. Both happen under one spin lock, so: a signal that comes
//! after the mutex was given back finds the waiter; and who calls `wait` after a
//! signal cannot take it from one who waited before (Go's `notifyList` reaches the
//! same with tickets).

use super::raw::RawMutex;
use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::race;
use std::panic::Location;

/// A guard of a [`Mutex`](super::Mutex) that [`Cond::wait`] can give back and take
/// again: a `MutexGuard` or an `OwnedMutexGuard`.
pub trait Held: private::Lock {}

pub(super) mod private {
    /// The lock of a guard. Nobody outside can name this trait, and so nobody can
    /// unlock behind a guard's back.
    pub trait Lock {
        fn raw(&self) -> &super::RawMutex;
        /// After the lock was taken, and before it is given back (`gc::Guarded`).
        fn open(&mut self);
        fn close(&mut self);
    }
}

/// A place to wait for a condition, and to say that it may hold now (Go's
/// `sync.Cond`).
///
/// ```
/// use marmota::sync::{Cond, Mutex};
/// use std::sync::Arc;
/// #[marmota::main]
/// fn main() {
///     let shared = Arc::new((Mutex::new(false), Cond::new()));
///     let theirs = shared.clone();
///     marmota::go(move || {
///         *theirs.0.lock() = true;
///         theirs.1.signal();
///     });
///     let mut ready = shared.0.lock();
///     while !*ready {
///         shared.1.wait(&mut ready);
///     }
/// }
/// ```
pub struct Cond {
    waiting: SpinLock<WaitQueue>,
}

impl Cond {
    /// A place where nobody waits.
    pub const fn new() -> Self {
        Cond {
            waiting: SpinLock::new(WaitQueue::new()),
        }
    }

    /// Gives the lock of `guard` back, waits for [`signal`](Self::signal) or
    /// [`broadcast`](Self::broadcast), and takes the lock again. First come, first
    /// woken.
    ///
    /// Others may run between the wake-up and the lock: look at the condition again,
    /// in a loop.
    #[track_caller]
    pub fn wait<G: Held>(&self, guard: &mut G) {
        let at = Location::caller();
        guard.close();
        let raw = guard.raw();
        let m = kernel::enter();
        let waiter = Waiter::new(m, WaitReason::CondWait, at, std::ptr::null_mut());
        // SAFETY: this frame parks until `signal` or `broadcast` has popped the
        // waiter.
        unsafe { self.waiting.lock().push(&waiter) };
        raw.unlock_inside(m);
        kernel::leave(kernel::park_published(m));
        raw.lock_for(WaitReason::MutexLock, at, None);
        guard.open();
    }

    /// Waits as long as `condition` holds of the value: [`wait`](Self::wait) in its
    /// loop.
    #[track_caller]
    pub fn wait_while<T: ?Sized, G>(&self, guard: &mut G, mut condition: impl FnMut(&mut T) -> bool)
    where
        G: Held + std::ops::DerefMut<Target = T>,
    {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// Wakes the one who has waited longest, if there is one. The caller may hold the
    /// lock, and need not.
    pub fn signal(&self) {
        let m = kernel::enter();
        let first = self.waiting.lock().pop();
        if let Some(waiter) = first {
            race::pass_to(m, waiter.g);
            kernel::ready_published(m, waiter.g);
        }
        kernel::leave(m);
    }

    /// Wakes all who wait at this moment. The caller may hold the lock, and need not.
    pub fn broadcast(&self) {
        let m = kernel::enter();
        let mut all = std::mem::replace(&mut *self.waiting.lock(), WaitQueue::new());
        // A waiter that is woken and waits again joins the new queue.
        while let Some(waiter) = all.pop() {
            race::pass_to(m, waiter.g);
            kernel::ready_published(m, waiter.g);
        }
        kernel::leave(m);
    }
}

impl Default for Cond {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Cond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cond").finish_non_exhaustive()
    }
}
