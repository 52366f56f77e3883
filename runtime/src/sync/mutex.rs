//! `Mutex`: one at a time.
//!
//! The fast path is one compare-and-swap each way. A goroutine that finds the lock
//! taken waits in a queue behind a spin lock; the waiter sets `WAITERS` under that
//! lock, which sends the unlocker there too. An unlock with waiters clears the lock
//! and readies the first of them, which competes again: newcomers may barge in, as
//! in Go's normal mode, because a running goroutine that takes the lock at once is
//! worth more than order. A waiter that was woken and lost goes to the front of
//! the queue.
//!
//! ```text
//!   word:  bit 0 LOCKED   bit 1 WAITERS (the queue is not empty)
//! ```

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

const LOCKED: u32 = 1;
const WAITERS: u32 = 2;

/// A value that one goroutine at a time may touch (Go's `sync.Mutex`, with what it
/// guards inside). It is not poisoned by a panic.
///
/// ```
/// use marmota::sync::{Mutex, WaitGroup};
/// use std::sync::Arc;
/// #[marmota::main]
/// fn main() {
///     let (total, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
///     for i in 0..10 {
///         let total = total.clone();
///         group.go(move || *total.lock() += i);
///     }
///     group.wait();
///     assert_eq!(*total.lock(), 45);
/// }
/// ```
pub struct Mutex<T: ?Sized> {
    word: AtomicU32,
    queue: SpinLock<WaitQueue>,
    value: UnsafeCell<T>,
}

// SAFETY: the lock hands the value to one goroutine at a time.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// An unlocked mutex around `value`.
    pub const fn new(value: T) -> Self {
        Mutex {
            word: AtomicU32::new(0),
            queue: SpinLock::new(WaitQueue::new()),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, which nobody shares any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the lock is free and takes it. The guard gives it back when
    /// dropped, on whichever goroutine that is.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let at = Location::caller();
        let m = kernel::enter();
        // Acquire: pairs with the release of the one who unlocked.
        if self
            .word
            .compare_exchange(0, LOCKED, Acquire, Relaxed)
            .is_ok()
        {
            kernel::leave(m);
        } else {
            self.lock_slow(m, at);
        }
        MutexGuard { mutex: self }
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, mut m: crate::sched::MRef, at: &'static Location<'static>) {
        let mut woken = false;
        loop {
            // Relaxed: the exchanges below decide.
            let word = self.word.load(Relaxed);
            if word & LOCKED == 0 {
                // Acquire: as in `lock`. WAITERS stays: others may wait.
                if self
                    .word
                    .compare_exchange(word, word | LOCKED, Acquire, Relaxed)
                    .is_ok()
                {
                    kernel::leave(m);
                    return;
                }
                continue;
            }
            let mut queue = self.queue.lock();
            // Under the queue's lock: the unlocker clears it there.
            if self.word.fetch_or(WAITERS, Relaxed) & LOCKED == 0 {
                if queue.is_empty() {
                    self.word.fetch_and(!WAITERS, Relaxed);
                }
                continue;
            }
            let waiter = Waiter::new(m, WaitReason::MutexLock, at, std::ptr::null_mut());
            // SAFETY: this frame parks until `unlock_slow` has popped the waiter.
            unsafe {
                if woken {
                    queue.push_front(&waiter)
                } else {
                    queue.push(&waiter)
                }
            }
            drop(queue);
            m = kernel::park_published(m);
            woken = true;
        }
    }

    /// Takes the lock if it is free at this moment.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let m = kernel::enter();
        let word = self.word.load(Relaxed);
        // Acquire: as in `lock`.
        let taken = word & LOCKED == 0
            && self
                .word
                .compare_exchange(word, word | LOCKED, Acquire, Relaxed)
                .is_ok();
        kernel::leave(m);
        taken.then_some(MutexGuard { mutex: self })
    }

    /// The value, which nobody else can lock meanwhile.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    #[inline]
    fn unlock(&self) {
        let m = kernel::enter();
        // Release: the next holder sees what we wrote.
        if self
            .word
            .compare_exchange(LOCKED, 0, Release, Relaxed)
            .is_err()
        {
            self.unlock_slow(m);
        }
        kernel::leave(m);
    }

    #[cold]
    #[inline(never)]
    fn unlock_slow(&self, m: crate::sched::MRef) {
        let mut queue = self.queue.lock();
        let first = queue.pop();
        // Release: as in `unlock`. Newcomers set WAITERS again under the lock.
        self.word
            .store(if queue.is_empty() { 0 } else { WAITERS }, Release);
        drop(queue);
        if let Some(waiter) = first {
            kernel::ready_published(m, waiter.g);
        }
    }
}

/// The right to the value of a [`Mutex`]. It is `Send`: a goroutine may hand it to
/// another, which then unlocks.
#[must_use = "the mutex is unlocked when the guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
}

// SAFETY: sharing the guard shares `&T`.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard is proof that the lock is ours.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_tuple("Mutex").field(&&*guard).finish(),
            None => f.write_str("Mutex(<locked>)"),
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}
