//! `GcVec`: a vector of edges that can change.
//!
//! The edges lie in an array in the heap (`array`), even while the vector itself lies
//! outside. The vector is two words: the array's, like that of a `GcCell`, and a lock
//! for those who change something, held within a region: for nanoseconds, or, where
//! elements are moved up or down or an array is copied to a larger one, for as long as that
//! takes.
//!
//! Barriers: what comes in becomes an edge and is shaded; what is overwritten is shaded,
//! also where it only moves to another place, since the marker may be between the two;
//! an array that was copied is shaded, and no longer changes, so that the marker finds in
//! it what it has not found in the new one, which is black.

use super::array::Array;
use super::cell::{Edge, publish};
use super::handle::ROOTED as OUTSIDE;
use super::header::Header;
use super::mark::Marker;
use super::object::Object;
use super::pin::Pinned;
use super::trace::Trace;
use super::walk::Walk;
use super::world::Region;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr};

/// Elements of the first array.
const FIRST: usize = 4;

/// A growable vector of edges between objects, which any goroutine may change: a
/// `Vec<Gc<T>>` in an object never changes, this one does. Each operation is one step, but
/// [`insert`](Self::insert) and [`remove`](Self::remove), under which others may see
/// elements on their way.
///
/// ```
/// use marmota::gc::{Gc, GcVec, Trace};
///
/// #[derive(Trace)]
/// struct Node {
///     name: &'static str,
///     children: GcVec<Gc<Node>>,
/// }
/// let leaf = |name| Gc::new(Node { name, children: GcVec::new() });
/// let root = leaf("root");
/// root.children.push(leaf("a"));
/// root.children.push(leaf("b"));
/// root.children.get(0).unwrap().children.push(root.clone()); // a cycle
/// let names: Vec<&str> = root.children.iter().map(|n| n.name).collect();
/// assert_eq!(names, ["a", "b"]);
/// ```
///
/// A load counts the handle it gives, as that of a `GcCell`;
/// [`load`](Self::load) does not. Growing copies all edges while no collection can begin or
/// end: for very many, make room first ([`with_capacity`](Self::with_capacity)).
pub struct GcVec<E> {
    array: AtomicPtr<u8>,
    locked: AtomicBool,
    /// As for a `GcCell`: no other lifetime in `E` will do.
    holds: PhantomData<(E, AtomicPtr<E>)>,
}

/// The lock of a vector, in a region.
struct Locked<'a, E: Edge> {
    vec: &'a GcVec<E>,
    region: Region,
}

impl<E: Edge> GcVec<E> {
    /// An empty one.
    pub const fn new() -> GcVec<E> {
        GcVec {
            array: AtomicPtr::new(std::ptr::without_provenance_mut(OUTSIDE)),
            locked: AtomicBool::new(false),
            holds: PhantomData,
        }
    }

    /// An empty one with room for so many elements.
    ///
    /// # Panics
    /// `capacity overflow` if the room exceeds the address space.
    pub fn with_capacity(capacity: usize) -> GcVec<E> {
        let mut vec = GcVec::new();
        if capacity > 0 {
            *vec.array.get_mut() = Array::new(capacity).0.map_addr(|a| a | OUTSIDE);
        }
        vec
    }

    /// The array, in a region.
    #[inline(always)]
    fn array(&self) -> Option<Array> {
        // Acquire: what is in it is seen.
        let array = self.array.load(Acquire).map_addr(|a| a & !OUTSIDE);
        (!array.is_null()).then_some(Array(array))
    }

    fn lock(&self) -> Locked<'_, E> {
        let region = Region::enter();
        // Acquire: pairs with the release in `unlock`.
        while self.locked.swap(true, Acquire) {
            std::thread::yield_now();
        }
        Locked { vec: self, region }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        let region = Region::enter();
        let len = self.array().map_or(0, Array::len);
        region.leave();
        len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there is room for.
    pub fn capacity(&self) -> usize {
        let region = Region::enter();
        let capacity = self.array().map_or(0, Array::capacity);
        region.leave();
        capacity
    }

    /// The element at `i`, if there are so many.
    pub fn get(&self, i: usize) -> Option<E> {
        let region = Region::enter();
        let object = self.at(i);
        if let Some(object) = object
            && !object.is_null()
        {
            region.becomes_handle(object);
        }
        region.leave();
        // SAFETY: null only where `E` may be; counted.
        object.map(|object| unsafe { E::from_raw(object) })
    }

    /// In a region, or under a pin.
    #[inline(always)]
    fn at(&self, i: usize) -> Option<*mut u8> {
        let array = self.array().filter(|array| i < array.len())?;
        // Acquire: the object is seen as whoever stored the edge left it.
        Some(array.edge(i).load(Acquire))
    }

    /// Reads an element without counting, as [`GcCell::load`](super::GcCell::load) does.
    pub fn load<'a>(&'a self, i: usize, _pinned: &'a Pinned) -> Option<&'a Object<E::Target>> {
        let object = self.at(i).filter(|object| !object.is_null())?;
        // SAFETY: the array and the object could be reached while the pin lived, which
        // is why they are not freed before its end (`pin`).
        Some(unsafe { Object::at(object) })
    }

    /// Puts an object that is borrowed in the place of an element, without counting, as
    /// [`GcCell::store`](super::GcCell::store) does.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn store<'a>(&self, i: usize, element: impl Into<E::Ref<'a>>) {
        let new = E::address(element.into());
        let locked = self.lock();
        let (len, array) = locked.parts();
        if i >= len {
            locked.unlock();
            out_of_range(i, len);
        }
        publish(new);
        locked.region.stored(new);
        // AcqRel: as in `store_new`.
        let old = array.edge(i).swap(new, AcqRel);
        locked.region.overwritten(old);
        locked.unlock();
    }

    /// Adds an object that is borrowed at the end, without counting.
    ///
    /// # Panics
    /// As [`push`](Self::push).
    pub fn push_ref<'a>(&self, element: impl Into<E::Ref<'a>>) {
        let new = E::address(element.into());
        let locked = self.lock_with_room();
        let (len, array) = locked.parts();
        publish(new);
        locked.region.stored(new);
        // Release: what it leads to is seen with it.
        array.edge(len).store(new, Release);
        locked.set_len(array, len + 1);
        locked.unlock();
    }

    /// Adds an element at the end.
    ///
    /// # Panics
    /// `capacity overflow`, as `Vec` does.
    pub fn push(&self, element: E) {
        let locked = self.lock_with_room();
        let (len, array) = locked.parts();
        locked.store_new(array, len, element);
        locked.set_len(array, len + 1);
        locked.unlock();
    }

    /// Takes the last element.
    pub fn pop(&self) -> Option<E> {
        let locked = self.lock();
        let (len, array) = locked.parts();
        let last = len.checked_sub(1).map(|last| {
            let object = locked.give(array, last);
            locked.set_len(array, last);
            object
        });
        locked.unlock();
        // SAFETY: null only where `E` may be; counted.
        last.map(|object| unsafe { E::from_raw(object) })
    }

    /// Puts `element` in the place of another.
    ///
    /// # Panics
    /// `index out of range [7] with length 3`.
    #[track_caller]
    pub fn set(&self, i: usize, element: E) {
        drop(self.swap(i, element));
    }

    /// Puts `element` in the place of another, and gives that.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn swap(&self, i: usize, element: E) -> E {
        let locked = self.lock();
        let (len, array) = locked.parts();
        if i >= len {
            locked.unlock();
            out_of_range(i, len);
        }
        let old = locked.give(array, i);
        locked.store_new(array, i, element);
        locked.unlock();
        // SAFETY: null only where `E` may be; counted.
        unsafe { E::from_raw(old) }
    }

    /// Puts an element before that at `i`, or at the end; those behind move up.
    ///
    /// # Panics
    /// `index out of range [7] with length 3`, if `i` is more than the length.
    #[track_caller]
    pub fn insert(&self, i: usize, element: E) {
        let locked = self.lock_with_room();
        let (len, array) = locked.parts();
        if i > len {
            locked.unlock();
            out_of_range(i, len);
        }
        // The last one first: nothing is gone at any time.
        for at in (i..len).rev() {
            locked.move_edge(array, at, at + 1, at + 1 < len);
        }
        if i < len {
            locked.set_len(array, len + 1);
            locked.region.overwritten(array.edge(i).load(Relaxed));
        }
        locked.store_new(array, i, element);
        locked.set_len(array, len + 1);
        locked.unlock();
    }

    /// Takes the element at `i`; those behind move down.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn remove(&self, i: usize) -> E {
        let locked = self.lock();
        let (len, array) = locked.parts();
        if i >= len {
            locked.unlock();
            out_of_range(i, len);
        }
        let object = locked.give(array, i);
        for at in i + 1..len {
            locked.move_edge(array, at, at - 1, true);
        }
        locked.region.overwritten(array.edge(len - 1).load(Relaxed));
        locked.set_len(array, len - 1);
        locked.unlock();
        // SAFETY: null only where `E` may be; counted.
        unsafe { E::from_raw(object) }
    }

    /// Takes the element at `i`, and puts the last one in its place.
    ///
    /// # Panics
    /// As [`set`](Self::set).
    #[track_caller]
    pub fn swap_remove(&self, i: usize) -> E {
        let locked = self.lock();
        let (len, array) = locked.parts();
        if i >= len {
            locked.unlock();
            out_of_range(i, len);
        }
        let object = locked.give(array, i);
        locked.move_edge(array, len - 1, i, true);
        locked.region.overwritten(array.edge(len - 1).load(Relaxed));
        locked.set_len(array, len - 1);
        locked.unlock();
        // SAFETY: null only where `E` may be; counted.
        unsafe { E::from_raw(object) }
    }

    /// Drops all but the first `len` elements.
    pub fn truncate(&self, len: usize) {
        let locked = self.lock();
        let (old, array) = locked.parts();
        if len < old {
            if locked.region.phase.marking() {
                for i in len..old {
                    locked.region.overwritten(array.edge(i).load(Relaxed));
                }
            }
            locked.set_len(array, len);
        }
        locked.unlock();
    }

    /// Drops all elements.
    pub fn clear(&self) {
        self.truncate(0);
    }

    /// The elements one after the other, as they are when their turn comes.
    pub fn iter(&self) -> impl Iterator<Item = E> + '_ {
        let mut next = 0;
        std::iter::from_fn(move || {
            next += 1;
            self.get(next - 1)
        })
    }

    /// Locks it when there is room for one more.
    fn lock_with_room(&self) -> Locked<'_, E> {
        let mut larger: Option<Array> = None;
        loop {
            let locked = self.lock();
            let (len, array) = locked.parts();
            if len < locked.capacity() {
                locked.done_with(larger);
                return locked;
            }
            if let Some(new) = larger.filter(|new| new.capacity() > len) {
                locked.replace(array, new);
                return locked;
            }
            locked.done_with(larger);
            locked.unlock();
            // Outside of the region: this may collect.
            larger = Some(Array::new((len * 2).max(FIRST)));
        }
    }
}

#[cold]
#[track_caller]
fn out_of_range(i: usize, len: usize) -> ! {
    panic!("index out of range [{i}] with length {len}")
}

impl<E: Edge> Locked<'_, E> {
    fn unlock(self) {
        // Release: pairs with the acquire in `lock`.
        self.vec.locked.store(false, Release);
        self.region.leave();
    }

    /// The length, and the array; without one the length is 0, and it is not used.
    fn parts(&self) -> (usize, Array) {
        let array = self.vec.array();
        (
            array.map_or(0, Array::len),
            array.unwrap_or(Array(std::ptr::null_mut())),
        )
    }

    fn capacity(&self) -> usize {
        self.vec.array().map_or(0, Array::capacity)
    }

    fn set_len(&self, array: Array, len: usize) {
        // SAFETY: the lock is ours; callers have stored what is below.
        unsafe { array.set_len(len) };
    }

    /// Stores a handle, which becomes an edge.
    fn store_new(&self, array: Array, i: usize, element: E) {
        let (object, counted) = element.into_raw();
        if counted {
            self.region.became_edge(object);
        }
        // AcqRel: what it leads to is seen with it.
        array.edge(i).swap(object, AcqRel);
    }

    /// Makes the edge at `i`, which is about to go, a handle.
    fn give(&self, array: Array, i: usize) -> *mut u8 {
        let object = array.edge(i).load(Acquire);
        self.region.overwritten(object);
        if !object.is_null() {
            self.region.becomes_handle(object);
        }
        object
    }

    /// Copies an edge to another place, over what is there, if anything is.
    fn move_edge(&self, array: Array, from: usize, to: usize, over: bool) {
        let object = array.edge(from).load(Relaxed);
        let old = array.edge(to).swap(object, AcqRel);
        if over {
            self.region.overwritten(old);
        }
    }

    /// Puts a larger array, which has a count, in the place of the present one.
    fn replace(&self, old: Array, new: Array) {
        if !old.0.is_null() {
            // SAFETY: the new one is ours, and we have the lock of the old.
            unsafe { new.copy(old) };
        }
        // Relaxed: the bit does not change.
        let outside = self.vec.array.load(Relaxed).addr() & OUTSIDE;
        if outside == 0 {
            self.region.became_edge(new.0);
        }
        // Release: what is in it is seen by whoever sees it.
        self.vec
            .array
            .store(new.0.map_addr(|a| a | outside), Release);
        if !old.0.is_null() {
            self.region.overwritten(old.0);
            if outside != 0 {
                // SAFETY: the count of the vector's.
                unsafe { Header::of(old.0) }.release();
            }
        }
    }

    /// An array that was not needed.
    fn done_with(&self, array: Option<Array>) {
        if let Some(array) = array {
            // SAFETY: its only count.
            unsafe { Header::of(array.0) }.release();
        }
    }
}

impl<E> Drop for GcVec<E> {
    fn drop(&mut self) {
        let word = *self.array.get_mut();
        let array = word.map_addr(|a| a & !OUTSIDE);
        if word.addr() & OUTSIDE != 0 && !array.is_null() {
            // SAFETY: the vector's own count keeps the array.
            unsafe { Header::of(array) }.release();
        }
    }
}

// SAFETY: both walks visit the array, which the marker walks; what changes in it passes
// the barriers.
unsafe impl<E: Edge> Trace for GcVec<E> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    fn trace(&self, marker: &mut Marker) {
        if let Some(array) = self.array() {
            marker.edge(array.0);
        }
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        walk.word(self.array.get_mut());
    }
}

impl<E: Edge> Default for GcVec<E> {
    fn default() -> Self {
        GcVec::new()
    }
}

impl<E: Edge> FromIterator<E> for GcVec<E> {
    fn from_iter<I: IntoIterator<Item = E>>(elements: I) -> Self {
        let elements = elements.into_iter();
        let vec = GcVec::with_capacity(elements.size_hint().0);
        elements.for_each(|element| vec.push(element));
        vec
    }
}

impl<E: Edge> Extend<E> for GcVec<E> {
    fn extend<I: IntoIterator<Item = E>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
    }
}

impl<E: Edge> fmt::Debug for GcVec<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the elements: a cycle would be printed for ever.
        f.debug_struct("GcVec")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
