//! `Object<T>`: an object, as whoever borrows it sees it.
//!
//! A `&Object<T>` is a reference to the whole object, header and value, where a `&T` may
//! lead anywhere. So it can be stored as an edge, and made a handle; and because it is a
//! plain reference, it is copied and passed on freely, and lives as long as the compiler
//! finds: as long as the handle or the pin that it was borrowed from.
//!
//! That is also all that keeps the object: nothing is counted. A store needs no pin, since
//! what it stores is held by somebody while it does, and by the edge from then on.

use super::handle::Gc;
use super::header::Header;
use super::trace::{Of, Trace};
use super::world::Region;
use std::fmt;
use std::mem::offset_of;
use std::ops::Deref;
use std::sync::atomic::AtomicU64;

/// An object of the collected heap, lent: by a handle ([`Gc::as_object`]), or by a pin, under
/// which a cell is loaded ([`GcCell::load`](super::GcCell::load)). Only ever seen behind a
/// reference, which is as good as a `&T`, and can be stored in a cell
/// ([`GcCell::store`](super::GcCell::store)) without counting.
///
/// ```
/// use marmota::gc::{self, Gc, GcCell, Object, Trace};
///
/// #[derive(Trace)]
/// struct Node {
///     value: u64,
///     next: GcCell<Option<Gc<Node>>>,
/// }
/// let node = |value, next| Gc::new(Node { value, next: GcCell::new(next) });
///
/// /// Turns a list round, and gives its new head.
/// fn reverse(head: &Gc<Node>) -> Gc<Node> {
///     let pinned = gc::pin();
///     let (mut done, mut at) = (None, Some(Gc::as_object(head)));
///     while let Some(node) = at {
///         at = node.next.load(&pinned);
///         node.next.store(done);
///         done = Some(node);
///     }
///     Object::root(done.unwrap())
/// }
///
/// let list = node(1, Some(node(2, Some(node(3, None)))));
/// let turned = reverse(&list);
/// assert_eq!(turned.value, 3);
/// assert_eq!(turned.next.get().unwrap().next.get().unwrap().value, 1);
/// ```
///
/// Whether two references lead to the same object is told by [`std::ptr::eq`].
#[repr(C)]
pub struct Object<T> {
    header: AtomicU64,
    value: T,
}

impl<T: Trace> Object<T> {
    const LAYOUT: () = assert!(offset_of!(Object<T>, value) == Of::<T>::OFFSET);

    /// A handle on the object, which is counted and may go anywhere.
    #[inline]
    pub fn root(this: &Object<T>) -> Gc<T> {
        let object = Object::address(this);
        // SAFETY: alive while it is borrowed.
        if unsafe { Header::of(object) }.retain() {
            // Whoever lends it keeps it alive until this is done.
            let region = Region::enter();
            region.new_root(object);
            region.leave();
        }
        // SAFETY: counted.
        unsafe { Gc::rooted(object) }
    }

    /// As the heap knows it.
    #[inline(always)]
    pub(super) fn address(this: &Object<T>) -> *mut u8 {
        // The arena's, whose tables are found from it (`heap`).
        std::ptr::with_exposed_provenance_mut(std::ptr::from_ref(this).addr())
    }

    /// # Safety
    /// An object with a `T`, alive for as long as the reference is used.
    #[inline(always)]
    pub(super) unsafe fn at<'a>(object: *mut u8) -> &'a Object<T> {
        const { Self::LAYOUT };
        // SAFETY: by this function's contract; nobody has exclusive access.
        unsafe { &*object.cast::<Object<T>>() }
    }
}

impl<T> Deref for Object<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'a, T: Trace> From<&'a Gc<T>> for &'a Object<T> {
    #[inline(always)]
    fn from(handle: &'a Gc<T>) -> &'a Object<T> {
        Gc::as_object(handle)
    }
}

impl<'a, T: Trace> From<&'a Gc<T>> for Option<&'a Object<T>> {
    #[inline(always)]
    fn from(handle: &'a Gc<T>) -> Option<&'a Object<T>> {
        Some(Gc::as_object(handle))
    }
}

impl<T: Trace> From<&Object<T>> for Gc<T> {
    fn from(object: &Object<T>) -> Gc<T> {
        Object::root(object)
    }
}

impl<T: fmt::Debug> fmt::Debug for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Object<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
