//! `Gc<T>`: a handle on an object, or an edge to one.
//!
//! One word: the object's address, and in the lowest bit whether the handle is rooted.
//! A rooted handle owns one unit of the object's count and lies outside of the collected
//! heap: on a stack, in a Box, a Vec, a static, a channel. An edge lies in an object and
//! owns nothing; it is followed when marking. `Gc::new` makes edges of the handles in
//! the value; nothing ever moves out of the heap again, since what is in it is only
//! lent by shared reference. So no stack has to be scanned, and it does not matter
//! where a handle is hidden.

use super::Weak;
use super::header::Header;
use super::heap;
use super::mark::Marker;
use super::object::Object;
use super::trace::{Of, Trace, TypeInfo};
use super::walk::{Prepare, Unrooter, Walk};
use super::world::Region;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Release;

/// The bit of a rooted handle.
pub(super) const ROOTED: usize = 1;

/// A shared pointer into the collected heap.
///
/// Clone it as you would an `Arc`, read through it, send it anywhere. An object is freed
/// some time after no handle outside of the heap leads to it, over whatever objects;
/// cycles are no exception. There is no mutable access: what is to change lies in a
/// [`GcCell`](super::GcCell), an atomic, or behind a lock.
///
/// ```
/// use marmota::gc::{Gc, GcCell, Trace};
///
/// #[derive(Trace)]
/// struct Person {
///     name: String,
///     friend: GcCell<Option<Gc<Person>>>,
/// }
///
/// let ann = Gc::new(Person { name: "Ann".into(), friend: GcCell::new(None) });
/// let bob = Gc::new(Person { name: "Bob".into(), friend: GcCell::new(Some(ann.clone())) });
/// ann.friend.set(Some(bob)); // a cycle: collected once `ann` is dropped
/// assert_eq!(ann.friend.get().unwrap().friend.get().unwrap().name, "Ann");
/// ```
#[repr(transparent)]
pub struct Gc<T: ?Sized> {
    word: NonNull<u8>,
    points_to: PhantomData<T>,
}

// SAFETY: a handle gives shared access from any thread, as Arc does; whoever drops the
// value may be on any thread.
unsafe impl<T: ?Sized + Send + Sync> Send for Gc<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for Gc<T> {}

impl<T: Trace> Gc<T> {
    /// Moves `value` into the collected heap. May collect first, or mark for a while if
    /// a collection is on. Without memory the process ends, as with `Box`.
    #[inline(always)]
    pub fn new(mut value: T) -> Gc<T> {
        if T::EDGES {
            value.walk(&mut Prepare);
        }
        let object = allocate(value, Of::<T>::INFO, |region, value| {
            if T::EDGES {
                value.walk(&mut Unrooter { region });
            }
        });
        // SAFETY: a slot's address is not null; the object has the count 1, which
        // is ours.
        unsafe { Gc::rooted(object) }
    }

    /// As [`new`](Self::new), for a value that leads back to itself: `make` gets a weak
    /// pointer to the object that its value will lie in. Until then it leads nowhere.
    ///
    /// ```
    /// use marmota::gc::{Gc, Trace, Weak};
    /// #[derive(Trace)]
    /// struct Gadget {
    ///     me: Weak<Gadget>,
    ///     id: u32,
    /// }
    /// let gadget = Gc::new_cyclic(|me| {
    ///     assert!(me.upgrade().is_none());
    ///     Gadget { me: me.clone(), id: 7 }
    /// });
    /// assert_eq!(gadget.me.upgrade().unwrap().id, 7);
    /// ```
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Gc<T> {
        let weak = Weak::not_yet();
        let object = Gc::new(make(&weak));
        weak.lead_to(&object);
        object
    }

    /// The object, which can be stored without counting; see [`Object`].
    ///
    /// ```
    /// use marmota::gc::{Gc, GcCell};
    /// let value = Gc::new(1);
    /// let cell = Gc::new(GcCell::new(None));
    /// cell.store(Gc::as_object(&value)); // or just `&value`
    /// assert_eq!(cell.get().as_deref(), Some(&1));
    /// ```
    #[inline(always)]
    pub fn as_object(this: &Gc<T>) -> &Object<T> {
        // SAFETY: alive while the handle is borrowed, see `deref`.
        unsafe { Object::at(this.object()) }
    }
}

/// Makes an object with one handle. `settle` does what is to be done to the value in its
/// place, in the region in which the object comes into being.
#[inline(always)]
pub(super) fn allocate<T: Trace>(
    value: T,
    info: &'static TypeInfo,
    settle: impl FnOnce(&Region, &mut T),
) -> *mut u8 {
    // Nothing below unwinds, or ends otherwise, before the value has its place. Said so,
    // the compiler keeps the value in registers, and not on the stack for a destructor's
    // sake: from there it would be copied in other pieces than it was stored in, which
    // costs more than all the rest.
    let value = ManuallyDrop::new(value);
    let mut region = Region::enter();
    let object = region.take::<T>();
    crate::sanitize::unpoison(object, Of::<T>::SIZE);
    // SAFETY: the slot is ours, large enough, aligned, and nobody looks at it before its
    // mark is set.
    unsafe {
        let place = object.add(Of::<T>::OFFSET).cast::<T>();
        place.write(ManuallyDrop::into_inner(value));
        settle(&region, &mut *place);
        Header::of(object).init(info);
        region.born(object);
        if Of::<T>::IS_LARGE {
            // It is in no run. Release: whoever takes the card sees the object.
            heap::arena_of(object).card(object).store(1, Release);
        }
    }
    region.leave();
    object
}

impl<T: ?Sized> Gc<T> {
    /// # Safety
    /// `object` has a `T`, and one unit of its count passes to the handle.
    #[inline(always)]
    pub(super) unsafe fn rooted(object: *mut u8) -> Gc<T> {
        Gc {
            // SAFETY: by this function's contract.
            word: unsafe { NonNull::new_unchecked(object.map_addr(|a| a | ROOTED)) },
            points_to: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn object(&self) -> *mut u8 {
        self.word.as_ptr().map_addr(|a| a & !ROOTED)
    }

    #[inline(always)]
    pub(super) fn is_rooted(&self) -> bool {
        self.word.addr().get() & ROOTED != 0
    }

    #[inline(always)]
    pub(super) fn header(&self) -> Header {
        // SAFETY: an object stays allocated while there is a rooted handle, or an
        // object with an edge to it that is held itself.
        unsafe { Header::of(self.object()) }
    }

    /// The object's address; the handle's count, if it owns one, passes to the caller.
    #[inline(always)]
    pub(super) fn into_object(self) -> (*mut u8, bool) {
        let parts = (self.object(), self.is_rooted());
        std::mem::forget(self);
        parts
    }

    #[inline(always)]
    pub(super) fn walk_word<W: Walk>(&mut self, walk: &mut W) {
        let mut word = self.word.as_ptr();
        walk.word(&mut word);
        // SAFETY: a walk changes the lowest bit alone.
        self.word = unsafe { NonNull::new_unchecked(word) };
    }

    /// Lets others get at the object from here on; its address.
    pub(crate) fn publish(&self) -> *mut u8 {
        self.header().publish();
        self.object()
    }

    /// A pointer to the object that does not keep it alive (Go's `weak.Make`). All weak
    /// pointers to an object share one slot, made here the first time.
    ///
    /// ```
    /// use marmota::gc::{self, Gc};
    /// let strong = Gc::new(String::from("here"));
    /// let weak = Gc::downgrade(&strong);
    /// assert_eq!(weak.upgrade().as_deref().map(String::as_str), Some("here"));
    /// drop(strong);
    /// gc::gc();
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn downgrade(this: &Gc<T>) -> Weak<T> {
        Weak::to(this)
    }

    /// Whether two handles lead to the same object.
    ///
    /// ```
    /// use marmota::gc::Gc;
    /// let (a, b) = (Gc::new(1), Gc::new(1));
    /// assert!(Gc::ptr_eq(&a, &a.clone()) && !Gc::ptr_eq(&a, &b));
    /// ```
    #[inline]
    pub fn ptr_eq(this: &Gc<T>, other: &Gc<T>) -> bool {
        this.object() == other.object()
    }
}

impl<T: Trace> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the object is alive while this handle is borrowed: it is rooted, or
        // lies in an object that is held for as long. Nobody has exclusive access.
        unsafe { &*self.object().add(Of::<T>::OFFSET).cast::<T>() }
    }
}

impl<T: ?Sized> Clone for Gc<T> {
    /// Another handle, rooted, wherever this one is.
    #[inline]
    fn clone(&self) -> Gc<T> {
        if self.header().retain() {
            // It was an edge, and its object no root: `self` keeps the object alive
            // until this is done.
            let region = Region::enter();
            region.new_root(self.object());
            region.leave();
        }
        // SAFETY: counted.
        unsafe { Gc::rooted(self.object()) }
    }
}

impl<T: ?Sized> Drop for Gc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_rooted() {
            self.header().release();
        }
    }
}

// SAFETY: both walks visit the handle; it cannot change in the heap.
unsafe impl<T: Trace> Trace for Gc<T> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    #[inline(always)]
    fn trace(&self, marker: &mut Marker) {
        marker.edge(self.object());
    }

    #[inline(always)]
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.walk_word(walk);
    }
}

impl<T: Trace> AsRef<T> for Gc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: Trace> From<T> for Gc<T> {
    fn from(value: T) -> Gc<T> {
        Gc::new(value)
    }
}

impl<T: Trace + Default> Default for Gc<T> {
    fn default() -> Gc<T> {
        Gc::new(T::default())
    }
}

impl<T: Trace + fmt::Debug> fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Trace + fmt::Display> fmt::Display for Gc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: Trace + PartialEq> PartialEq for Gc<T> {
    fn eq(&self, other: &Gc<T>) -> bool {
        **self == **other
    }
}

impl<T: Trace + Eq> Eq for Gc<T> {}

impl<T: Trace + PartialOrd> PartialOrd for Gc<T> {
    fn partial_cmp(&self, other: &Gc<T>) -> Option<std::cmp::Ordering> {
        (**self).partial_cmp(other)
    }
}

impl<T: Trace + Ord> Ord for Gc<T> {
    fn cmp(&self, other: &Gc<T>) -> std::cmp::Ordering {
        (**self).cmp(other)
    }
}

impl<T: Trace + Hash> Hash for Gc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
