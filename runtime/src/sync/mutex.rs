//! `Mutex`: a value that one goroutine at a time may touch.
//!
//! The lock is [`RawMutex`], where the protocol is told; here are the value and the
//! guards. A guard is the right to the value and gives the lock back when it is
//! dropped. It is `Send`: Go lets another goroutine unlock, and with a guard that is
//! a move. Since a goroutine outlives the borrow of the mutex it was handed, it is
//! mostly the owned guard, with a share in the mutex, that is moved into one.

use super::raw::RawMutex;
use crate::gc::Guarded;
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

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
///
/// A goroutine that asks for a lock as it becomes free may get it before those that
/// wait, which is faster than waking one. Once somebody has waited for a millisecond
/// the lock is handed over in the order they came (Go's normal and starvation modes).
/// Locking a mutex that one holds oneself waits for ever, as in Go.
///
/// Locking a mutex that is free is one atomic exchange. Unlocking is another, until the mutex
/// has been locked some thousands of times while nobody waited: then it is a store, and the
/// first who has to wait again pays some microseconds for the way back.
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    /// Whether the value lies in the collected heap.
    guarded: Guarded,
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
            raw: RawMutex::new(),
            guarded: Guarded::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, which nobody shares any more.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    /// For the collector.
    pub(crate) fn parts(&self) -> (&Guarded, *const T) {
        (&self.guarded, self.value.get())
    }

    /// For the collector, who has it alone.
    pub(crate) fn parts_mut(&mut self) -> (&mut Guarded, &mut T) {
        (&mut self.guarded, self.value.get_mut())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the lock is free and takes it. The guard gives it back when
    /// dropped, on whichever goroutine that is.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock();
        self.taken();
        MutexGuard { mutex: self }
    }

    /// Takes the lock if it is free at this moment and nobody is owed it.
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.raw.try_lock().then(|| {
            self.taken();
            MutexGuard { mutex: self }
        })
    }

    #[inline(always)]
    fn taken(&self) {
        // SAFETY: the lock is ours.
        unsafe { self.guarded.open(self.value.get()) };
    }

    /// As [`lock`](Self::lock), with a guard that has a share in the mutex and so may
    /// go where no borrow can: into a goroutine.
    ///
    /// ```
    /// use marmota::sync::{Mutex, WaitGroup};
    /// use std::sync::Arc;
    /// #[marmota::main]
    /// fn main() {
    ///     let (counter, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
    ///     for i in 0..10 {
    ///         // Locked here, given back there: strictly one after the other.
    ///         let mut guard = counter.lock_owned();
    ///         group.go(move || {
    ///             assert_eq!(*guard, i);
    ///             *guard += 1;
    ///         });
    ///     }
    ///     group.wait();
    /// }
    /// ```
    #[track_caller]
    pub fn lock_owned(self: &Arc<Self>) -> OwnedMutexGuard<T> {
        self.raw.lock();
        OwnedMutexGuard {
            mutex: self.clone(),
        }
    }

    /// As [`try_lock`](Self::try_lock), with an owned guard.
    #[track_caller]
    pub fn try_lock_owned(self: &Arc<Self>) -> Option<OwnedMutexGuard<T>> {
        self.raw.try_lock().then(|| OwnedMutexGuard {
            mutex: self.clone(),
        })
    }

    /// The value, which nobody else can lock meanwhile.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// The right to the value of a [`Mutex`]. It is `Send`: a goroutine may hand it to
/// another, which then unlocks.
#[must_use = "the mutex is unlocked when the guard is dropped"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
}

/// The right to the value of a [`Mutex`] together with a share in the mutex; see
/// [`Mutex::lock_owned`].
#[must_use = "the mutex is unlocked when the guard is dropped"]
pub struct OwnedMutexGuard<T: ?Sized> {
    mutex: Arc<Mutex<T>>,
}

// SAFETY: sharing the guard shares `&T`.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}
// SAFETY: as above, and the mutex itself is Sync if T is Send.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

/// What both guards are: proof that the lock is ours.
macro_rules! guard {
    ($guard:ty $(, $lifetime:lifetime)?) => {
        impl<$($lifetime,)? T: ?Sized> Deref for $guard {
            type Target = T;
            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the guard is proof that the lock is ours.
                unsafe { &*self.mutex.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: as above, and the guard is borrowed mutably.
                unsafe { &mut *self.mutex.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> Drop for $guard {
            #[inline]
            fn drop(&mut self) {
                super::cond::private::Lock::close(self);
                self.mutex.raw.unlock();
            }
        }

        impl<$($lifetime,)? T: ?Sized + fmt::Debug> fmt::Debug for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($lifetime,)? T: ?Sized + fmt::Display> fmt::Display for $guard {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($lifetime,)? T: ?Sized> super::Held for $guard {}

        impl<$($lifetime,)? T: ?Sized> super::cond::private::Lock for $guard {
            fn raw(&self) -> &RawMutex {
                &self.mutex.raw
            }

            #[inline(always)]
            fn open(&mut self) {
                self.mutex.taken();
            }

            #[inline(always)]
            fn close(&mut self) {
                // SAFETY: the lock is ours.
                unsafe { self.mutex.guarded.close(self.mutex.value.get()) };
            }
        }
    };
}

guard!(MutexGuard<'a, T>, 'a);
guard!(OwnedMutexGuard<T>);

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_lock() {
            Some(guard) => f.debug_tuple("Mutex").field(&&*guard).finish(),
            None => f.write_str("Mutex(<locked>)"),
        }
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
