//! `UniqueGc`: an object that is still private, and so may be changed.
//!
//! It lies in its place in the heap, under a header that says that there is nothing to
//! walk: the handles in it stay rooted until it is shared. Then the value moves in, where
//! it lies, and the header gets the real type.

use super::Gc;
use super::handle::allocate;
use super::header::Header;
use super::trace::{Of, Trace, leaf};
use super::walk::{Prepare, Unrooter};
use super::world::Region;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// An object of the collected heap to which there is one handle: it may be changed, and
/// is shared when it is complete. A large value is so built in its place.
///
/// ```
/// use marmota::gc::{Gc, UniqueGc};
/// let mut table = UniqueGc::new([0u32; 256]);
/// for (i, entry) in table.iter_mut().enumerate() {
///     *entry = i as u32 * i as u32;
/// }
/// let table: Gc<[u32; 256]> = table.share();
/// assert_eq!(table[16], 256);
/// ```
///
/// It is dropped at once when it is not shared, and its memory collected later.
pub struct UniqueGc<T: Trace> {
    object: NonNull<u8>,
    owns: PhantomData<T>,
}

// SAFETY: it owns a T, which is Send.
unsafe impl<T: Trace> Send for UniqueGc<T> {}
// SAFETY: it lends a T, which is Sync.
unsafe impl<T: Trace> Sync for UniqueGc<T> {}

// What is in it stays rooted.
leaf!(for[T: Trace] UniqueGc<T>);

impl<T: Trace> UniqueGc<T> {
    /// Moves `value` into the heap, as [`Gc::new`] does.
    pub fn new(value: T) -> UniqueGc<T> {
        let object = allocate(value, Of::<T>::PRIVATE, |_, _| {});
        UniqueGc {
            // SAFETY: a slot's address is not null.
            object: unsafe { NonNull::new_unchecked(object) },
            owns: PhantomData,
        }
    }

    fn value(&self) -> *mut T {
        self.object
            .as_ptr()
            .wrapping_add(Of::<T>::OFFSET)
            .cast::<T>()
    }

    fn header(&self) -> Header {
        // SAFETY: the object has a count, which is ours.
        unsafe { Header::of(self.object.as_ptr()) }
    }

    /// Lets others have it: from here on it does not change.
    pub fn share(self) -> Gc<T> {
        // SAFETY: it is ours alone, and the marker does not walk it.
        let value = unsafe { &mut *self.value() };
        if T::EDGES {
            value.walk(&mut Prepare);
        }
        let region = Region::enter();
        if T::EDGES {
            value.walk(&mut Unrooter { region: &region });
        }
        // If the object was marked already it is not walked, but the edges were shaded
        // just now.
        self.header().init(Of::<T>::INFO);
        region.leave();
        // SAFETY: its count passes to the handle.
        let shared = unsafe { Gc::rooted(self.object.as_ptr()) };
        std::mem::forget(self);
        shared
    }

    /// Takes the value out again.
    pub fn into_inner(self) -> T {
        // SAFETY: the value is there, ours alone, and not used again.
        let value = unsafe { self.value().read() };
        self.header().release();
        std::mem::forget(self);
        value
    }
}

impl<T: Trace> Deref for UniqueGc<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the object is ours, and has its value.
        unsafe { &*self.value() }
    }
}

impl<T: Trace> DerefMut for UniqueGc<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and nobody else can get at it.
        unsafe { &mut *self.value() }
    }
}

impl<T: Trace> Drop for UniqueGc<T> {
    fn drop(&mut self) {
        /// Even if the destructor panics.
        struct Release(Header);
        impl Drop for Release {
            fn drop(&mut self) {
                self.0.release();
            }
        }
        let _release = Release(self.header());
        // SAFETY: the value is ours and not used again; the collector does not drop what
        // is private.
        unsafe { self.value().drop_in_place() };
    }
}

impl<T: Trace> From<UniqueGc<T>> for Gc<T> {
    fn from(unique: UniqueGc<T>) -> Gc<T> {
        unique.share()
    }
}

impl<T: Trace + Default> Default for UniqueGc<T> {
    fn default() -> Self {
        UniqueGc::new(T::default())
    }
}

impl<T: Trace + fmt::Debug> fmt::Debug for UniqueGc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
