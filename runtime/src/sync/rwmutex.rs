//! `RwMutex`: a value that many may read at once, or one may change.
//!
//! The lock and its protocol are in [`rwraw`](super::rwraw); here are the value and
//! the guards, borrowed and owned, which may all move to another goroutine.

use super::rwraw::{Entry, RawRwMutex};
use crate::gc::Guarded;
use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

/// A value that many goroutines may read at once, or one may change (Go's
/// `sync.RWMutex`, with what it guards inside). It is not poisoned by a panic.
///
/// ```
/// use marmota::sync::{RwMutex, WaitGroup};
/// use std::sync::Arc;
/// #[marmota::main]
/// fn main() {
///     let (limits, group) = (Arc::new(RwMutex::new((0, 10))), WaitGroup::new());
///     for _ in 0..4 {
///         let limits = limits.clone();
///         group.go(move || {
///             let seen = limits.read();
///             assert!(seen.0 < seen.1);
///         });
///     }
///     *limits.write() = (5, 7);
///     group.wait();
/// }
/// ```
///
/// A writer that waits holds back new readers, so it is not starved by them. That is
/// also why a goroutine that reads must not read-lock again: a writer that came in
/// between would wait for the first, and the second for the writer (Go's rule).
pub struct RwMutex<T: ?Sized> {
    raw: RawRwMutex,
    /// Whether the value lies in the collected heap.
    guarded: Guarded,
    value: UnsafeCell<T>,
}

// SAFETY: as for the value itself.
unsafe impl<T: ?Sized + Send> Send for RwMutex<T> {}
// SAFETY: the lock hands out the value to readers (so it is Sync) or to one writer
// (so it is Send).
unsafe impl<T: ?Sized + Send + Sync> Sync for RwMutex<T> {}

impl<T> RwMutex<T> {
    /// An unlocked lock around `value`.
    pub const fn new(value: T) -> Self {
        RwMutex {
            raw: RawRwMutex::new(),
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

impl<T: ?Sized> RwMutex<T> {
    /// Waits until no writer has the lock or waits for it, and takes it for reading
    /// (Go's `RLock`).
    #[track_caller]
    #[inline]
    pub fn read(&self) -> RwMutexReadGuard<'_, T> {
        let entry = self.raw.read(Location::caller());
        RwMutexReadGuard { lock: self, entry }
    }

    /// Takes the lock for reading if that is possible at this moment.
    #[track_caller]
    #[inline]
    pub fn try_read(&self) -> Option<RwMutexReadGuard<'_, T>> {
        let entry = self.raw.try_read(Location::caller())?;
        Some(RwMutexReadGuard { lock: self, entry })
    }

    /// Waits until nobody has the lock and takes it for writing (Go's `Lock`).
    #[track_caller]
    #[inline]
    pub fn write(&self) -> RwMutexWriteGuard<'_, T> {
        self.raw.write(Location::caller());
        self.taken();
        RwMutexWriteGuard { lock: self }
    }

    #[inline(always)]
    fn taken(&self) {
        // SAFETY: the lock is ours alone.
        unsafe { self.guarded.open(self.value.get()) };
    }

    #[inline(always)]
    fn write_unlock(&self) {
        // SAFETY: a write guard's, which is being dropped.
        unsafe { self.guarded.close(self.value.get()) };
        self.raw.write_unlock();
    }

    #[inline(always)]
    fn read_unlock(&self, entry: Entry) {
        self.raw.read_unlock(entry);
    }

    /// Takes the lock for writing if that is possible at this moment.
    #[track_caller]
    #[inline]
    pub fn try_write(&self) -> Option<RwMutexWriteGuard<'_, T>> {
        self.raw.try_write(Location::caller()).then(|| {
            self.taken();
            RwMutexWriteGuard { lock: self }
        })
    }

    /// As [`read`](Self::read), with a guard that has a share in the lock.
    #[track_caller]
    pub fn read_owned(self: &Arc<Self>) -> OwnedRwMutexReadGuard<T> {
        let entry = self.raw.read(Location::caller());
        let lock = self.clone();
        OwnedRwMutexReadGuard { lock, entry }
    }

    /// As [`try_read`](Self::try_read), with an owned guard.
    #[track_caller]
    pub fn try_read_owned(self: &Arc<Self>) -> Option<OwnedRwMutexReadGuard<T>> {
        let entry = self.raw.try_read(Location::caller())?;
        let lock = self.clone();
        Some(OwnedRwMutexReadGuard { lock, entry })
    }

    /// As [`write`](Self::write), with a guard that has a share in the lock.
    #[track_caller]
    pub fn write_owned(self: &Arc<Self>) -> OwnedRwMutexWriteGuard<T> {
        self.raw.write(Location::caller());
        OwnedRwMutexWriteGuard { lock: self.clone() }
    }

    /// As [`try_write`](Self::try_write), with an owned guard.
    #[track_caller]
    pub fn try_write_owned(self: &Arc<Self>) -> Option<OwnedRwMutexWriteGuard<T>> {
        self.raw
            .try_write(Location::caller())
            .then(|| OwnedRwMutexWriteGuard { lock: self.clone() })
    }

    /// The value, which nobody else can lock meanwhile.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

/// The right to read the value of an [`RwMutex`].
#[must_use = "the lock is given back when the guard is dropped"]
pub struct RwMutexReadGuard<'a, T: ?Sized> {
    lock: &'a RwMutex<T>,
    entry: Entry,
}

/// The right to change the value of an [`RwMutex`].
#[must_use = "the lock is given back when the guard is dropped"]
pub struct RwMutexWriteGuard<'a, T: ?Sized> {
    lock: &'a RwMutex<T>,
}

/// The right to read the value of an [`RwMutex`], with a share in the lock.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct OwnedRwMutexReadGuard<T: ?Sized> {
    lock: Arc<RwMutex<T>>,
    entry: Entry,
}

/// The right to change the value of an [`RwMutex`], with a share in the lock.
#[must_use = "the lock is given back when the guard is dropped"]
pub struct OwnedRwMutexWriteGuard<T: ?Sized> {
    lock: Arc<RwMutex<T>>,
}

impl<'a, T: ?Sized> RwMutexWriteGuard<'a, T> {
    /// Becomes a reader, without anybody writing in between.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwMutexReadGuard<'a, T> {
        let guard = std::mem::ManuallyDrop::new(guard);
        // SAFETY: the write lock is ours; readers find the value closed.
        unsafe { guard.lock.guarded.close(guard.lock.value.get()) };
        guard.lock.raw.downgrade(Location::caller());
        RwMutexReadGuard {
            lock: guard.lock,
            entry: None,
        }
    }
}

macro_rules! guard {
    ($guard:ty, $unlock:ident($($entry:ident)?) $(, $lifetime:lifetime)?) => {
        impl<$($lifetime,)? T: ?Sized> Deref for $guard {
            type Target = T;
            #[inline]
            fn deref(&self) -> &T {
                // SAFETY: the guard is proof that nobody changes the value but us.
                unsafe { &*self.lock.value.get() }
            }
        }

        impl<$($lifetime,)? T: ?Sized> Drop for $guard {
            #[inline]
            fn drop(&mut self) {
                self.lock.$unlock($(self.$entry)?);
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
    };
}

guard!(RwMutexReadGuard<'a, T>, read_unlock(entry), 'a);
guard!(RwMutexWriteGuard<'a, T>, write_unlock(), 'a);
guard!(OwnedRwMutexReadGuard<T>, read_unlock(entry));
guard!(OwnedRwMutexWriteGuard<T>, write_unlock());

impl<T: ?Sized> DerefMut for RwMutexWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is proof that the value is ours alone, and is borrowed
        // mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for OwnedRwMutexWriteGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_read() {
            Some(guard) => f.debug_tuple("RwMutex").field(&&*guard).finish(),
            None => f.write_str("RwMutex(<locked>)"),
        }
    }
}

impl<T: Default> Default for RwMutex<T> {
    fn default() -> Self {
        RwMutex::new(T::default())
    }
}

impl<T> From<T> for RwMutex<T> {
    fn from(value: T) -> Self {
        RwMutex::new(value)
    }
}
