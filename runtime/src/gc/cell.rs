//! `GcCell`: an edge that can change.
//!
//! One atomic word: an object's address or null, and in the lowest bit whether the cell
//! lies outside of the heap, where it owns a count like any rooted handle. `Gc::new`
//! clears the bit with exclusive access; it never changes otherwise.
//!
//! There are two ways to use one. With handles, which are counted: in the heap, a store
//! makes the handle an edge and a load makes the edge a handle, each within one region.
//! And with references to objects (`object`), which are not, and of which the loads need a
//! pin:
//!
//! ```text
//!   get      edge = word; count(edge), shade it if it was no root
//!   set      uncount(new), shade(new); old = swap(word, new); shade(old)
//!   load     word
//!   store    shade(new); old = swap(word, new); shade(old)
//! ```
//!
//! Only marking shades. While it is off nobody asks for the old edge, so a store is one,
//! and the region a light one (`light`).
//!
//! The collector frees nothing between the two halves of a `get`, because it frees after
//! a stop, which waits for the region. What becomes a root and what becomes an edge is
//! shaded because marking may have been where it comes from, or goes to; what is
//! overwritten, because somebody may have loaded it without counting.
//!
//! As soon as a cell has an edge, another goroutine may load and count it. So before
//! that the object is published (`header`), which is what uncounting does, too: hence
//! its place before the swap.
//!
//! A cell outside of the heap owns what it holds: there, `store` counts as well.

use super::Gc;
pub(super) use super::handle::ROOTED as OUTSIDE;
use super::header::Header;
use super::light::Light;
use super::mark::Marker;
use super::object::Object;
use super::pin::Pinned;
use super::trace::Trace;
use super::walk::Walk;
use super::world::Region;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

mod sealed {
    /// `Gc<T>` or `Option<Gc<T>>`, as an address or null.
    pub trait Sealed: Sized {
        /// The address, null for none, and whether a count comes with it.
        fn into_raw(self) -> (*mut u8, bool);
        /// # Safety
        /// Null (for an Option), or an object of the type with one count to give.
        unsafe fn from_raw(object: *mut u8) -> Self;
        fn peek(&self) -> *mut u8;
    }
}
pub(super) use sealed::Sealed;

/// What a [`GcCell`] holds: `Gc<T>` or `Option<Gc<T>>`.
pub trait Edge: Sealed + Trace {
    /// What it leads to.
    type Target: Trace;
    /// The same without a count: `&Object<T>` or `Option<&Object<T>>`.
    type Ref<'a>: Copy;

    #[doc(hidden)]
    fn address(edge: Self::Ref<'_>) -> *mut u8;
    /// # Safety
    /// Null only for an Option, or an object that lives as long as is said.
    #[doc(hidden)]
    unsafe fn lend<'a>(object: *mut u8) -> Self::Ref<'a>;
}

impl<T: Trace> Edge for Gc<T> {
    type Target = T;
    type Ref<'a> = &'a Object<T>;

    #[inline(always)]
    fn address(edge: &Object<T>) -> *mut u8 {
        Object::address(edge)
    }
    #[inline(always)]
    unsafe fn lend<'a>(object: *mut u8) -> &'a Object<T> {
        // SAFETY: by this function's contract.
        unsafe { Object::at(object) }
    }
}

impl<T: Trace> Edge for Option<Gc<T>> {
    type Target = T;
    type Ref<'a> = Option<&'a Object<T>>;

    #[inline(always)]
    fn address(edge: Option<&Object<T>>) -> *mut u8 {
        edge.map_or(std::ptr::null_mut(), Object::address)
    }
    #[inline(always)]
    unsafe fn lend<'a>(object: *mut u8) -> Option<&'a Object<T>> {
        // SAFETY: by this function's contract.
        (!object.is_null()).then(|| unsafe { Object::at(object) })
    }
}

impl<T: Trace> Sealed for Gc<T> {
    #[inline(always)]
    fn into_raw(self) -> (*mut u8, bool) {
        self.into_object()
    }
    #[inline(always)]
    unsafe fn from_raw(object: *mut u8) -> Self {
        // SAFETY: by this function's contract.
        unsafe { Gc::rooted(object) }
    }
    #[inline(always)]
    fn peek(&self) -> *mut u8 {
        self.object()
    }
}

impl<T: Trace> Sealed for Option<Gc<T>> {
    #[inline(always)]
    fn into_raw(self) -> (*mut u8, bool) {
        self.map_or((std::ptr::null_mut(), false), Gc::into_object)
    }
    #[inline(always)]
    unsafe fn from_raw(object: *mut u8) -> Self {
        // SAFETY: by this function's contract.
        (!object.is_null()).then(|| unsafe { Gc::rooted(object) })
    }
    #[inline(always)]
    fn peek(&self) -> *mut u8 {
        self.as_ref().map_or(std::ptr::null_mut(), Gc::object)
    }
}

/// An edge between objects that can change, from any goroutine: like an atomic, each
/// operation is one step, and a load sees what was stored before (acquire and release).
///
/// ```
/// use marmota::gc::{Gc, GcCell};
/// let cell = Gc::new(GcCell::new(Some(Gc::new(1))));
/// assert_eq!(cell.swap(Some(Gc::new(2))).as_deref(), Some(&1));
/// assert_eq!(cell.take().as_deref(), Some(&2));
/// assert_eq!(cell.get(), None);
/// ```
///
/// There are two sets of operations. [`get`](Self::get), [`set`](Self::set),
/// [`swap`](Self::swap), [`take`](Self::take) and
/// [`compare_exchange`](Self::compare_exchange) take and give handles, which are counted:
/// each costs some nanoseconds. [`load`](Self::load), [`store`](Self::store),
/// [`swap_ref`](Self::swap_ref), [`take_ref`](Self::take_ref) and
/// [`compare_exchange_ref`](Self::compare_exchange_ref) do the same with references to
/// objects, for as long as a pin lives ([`gc::pin`](super::pin)), and count nothing: a load
/// costs what following a pointer does.
///
/// ```
/// use marmota::gc::{self, Gc, GcCell};
/// let (a, b) = (Gc::new(1), Gc::new(2));
/// let cell = Gc::new(GcCell::new(None));
/// cell.store(&a);
/// let pinned = gc::pin();
/// let one = cell.load(&pinned).unwrap();
/// let old = cell.swap_ref(&b, &pinned).unwrap();
/// assert!(std::ptr::eq(one, old) && **old == 1);
/// ```
pub struct GcCell<E> {
    pub(super) word: AtomicPtr<u8>,
    /// Both to own an `E`, and to be changed by a shared reference: no other lifetime in `E`
    /// will do, be it longer or shorter.
    holds: PhantomData<(E, AtomicPtr<E>)>,
}

pub(super) fn object_of(word: *mut u8) -> *mut u8 {
    word.map_addr(|a| a & !OUTSIDE)
}

fn is_outside(word: *mut u8) -> bool {
    word.addr() & OUTSIDE != 0
}

impl<E: Edge> GcCell<E> {
    /// A cell that holds `edge`.
    pub fn new(edge: E) -> GcCell<E> {
        let (object, rooted) = edge.into_raw();
        debug_assert!(rooted || object.is_null(), "an edge left the heap");
        publish(object);
        GcCell {
            word: AtomicPtr::new(object.map_addr(|a| a | OUTSIDE)),
            holds: PhantomData,
        }
    }

    /// What it holds now.
    #[inline]
    pub fn get(&self) -> E {
        let object = if let Some(region) = Light::enter() {
            // Acquire: the object is seen as whoever stored the edge left it.
            let object = object_of(self.word.load(Acquire));
            region.edges.becomes_handle(object);
            region.leave();
            object
        } else {
            let region = Region::enter();
            // Acquire: as above.
            let object = object_of(self.word.load(Acquire));
            retain(&region, object);
            region.leave();
            object
        };
        // SAFETY: just counted.
        unsafe { E::from_raw(object) }
    }

    /// Whether the cell lies outside of the heap.
    #[inline(always)]
    pub(super) fn is_outside(&self) -> bool {
        // Relaxed: only the lowest bit counts, and that does not change.
        is_outside(self.word.load(Relaxed))
    }

    /// Puts `edge` in. What was there goes without being counted.
    #[inline]
    pub fn set(&self, edge: E) {
        if !self.is_outside()
            && let Some(region) = Light::enter()
        {
            let (new, counted) = edge.into_raw();
            if counted {
                region.edges.became_edge(new);
            }
            // Release: what it leads to is seen by whoever loads it.
            self.word.store(new, Release);
            region.leave();
        } else {
            self.set_slowly(edge);
        }
    }

    #[cold]
    #[inline(never)]
    fn set_slowly(&self, edge: E) {
        drop(self.exchange(edge, false));
    }

    /// Puts `edge` in, and gives what was there.
    #[inline]
    pub fn swap(&self, edge: E) -> E {
        match self.exchange(edge, true) {
            Some(old) => old,
            None => unreachable!("the old edge was asked for"),
        }
    }

    /// Puts `new` in; the old one is given if it is wanted, or must be dropped.
    #[inline(always)]
    fn exchange(&self, new: E, wanted: bool) -> Option<E> {
        let region = Region::enter();
        let (new, counted) = new.into_raw();
        if self.is_outside() {
            publish(new);
            // AcqRel: as in `get`, and what `new` leads to is seen with it.
            let old = object_of(self.word.swap(new.map_addr(|a| a | OUTSIDE), AcqRel));
            // Somebody may have read it under a pin, and its handle be dropped at once.
            region.overwritten(old);
            region.leave();
            // SAFETY: the cell's count passes to the handle.
            return Some(unsafe { E::from_raw(old) });
        }
        if counted {
            region.became_edge(new);
        }
        // AcqRel: as above.
        let old = self.word.swap(new, AcqRel);
        region.overwritten(old);
        if wanted {
            retain(&region, old);
        }
        region.leave();
        // SAFETY: just counted.
        wanted.then(|| unsafe { E::from_raw(old) })
    }

    /// Puts `new` in if the cell holds the same object as `current`.
    ///
    /// # Errors
    /// What it holds instead, and `new` back.
    pub fn compare_exchange(&self, current: &E, new: E) -> Result<E, (E, E)> {
        let region = Region::enter();
        let outside = self.is_outside();
        let bit = if outside { OUTSIDE } else { 0 };
        let (from, to) = (current.peek(), new.peek());
        publish(to);
        let result = self.word.compare_exchange(
            from.map_addr(|a| a | bit),
            to.map_addr(|a| a | bit),
            AcqRel,
            Acquire,
        );
        let found = match result {
            Ok(_) => {
                let (new, counted) = new.into_raw();
                if !outside {
                    if counted {
                        region.became_edge(new);
                    }
                    retain(&region, from);
                }
                region.overwritten(from);
                // SAFETY: counted by the cell, or just now.
                Ok(unsafe { E::from_raw(from) })
            }
            Err(word) => {
                let other = object_of(word);
                retain(&region, other);
                // SAFETY: just counted.
                Err((unsafe { E::from_raw(other) }, new))
            }
        };
        region.leave();
        found
    }
}

impl<T: Trace> GcCell<Option<Gc<T>>> {
    /// Takes what it holds, and leaves it empty.
    #[inline]
    pub fn take(&self) -> Option<Gc<T>> {
        self.swap(None)
    }

    /// Takes what it holds, without counting, and leaves it empty; see
    /// [`swap_ref`](Self::swap_ref).
    #[inline]
    pub fn take_ref<'a>(&'a self, pinned: &'a Pinned) -> Option<&'a Object<T>> {
        self.swap_ref(None::<&Object<T>>, pinned)
    }
}

/// Makes an edge that was loaded a root. In the region of the load.
#[inline(always)]
fn retain(region: &Region, object: *mut u8) {
    if !object.is_null() {
        region.becomes_handle(object);
    }
}

/// Others may get at the object from here on.
#[inline(always)]
pub(super) fn publish(object: *mut u8) {
    if !object.is_null() {
        // SAFETY: the caller has a handle.
        unsafe { Header::of(object) }.publish();
    }
}

impl<E> Drop for GcCell<E> {
    fn drop(&mut self) {
        let word = *self.word.get_mut();
        let object = object_of(word);
        if is_outside(word) && !object.is_null() {
            // SAFETY: the cell's own count keeps the object.
            unsafe { Header::of(object) }.release();
        }
    }
}

// SAFETY: both walks visit the edge; what replaces it has passed the barriers.
unsafe impl<E: Edge> Trace for GcCell<E> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    #[inline]
    fn trace(&self, marker: &mut Marker) {
        // Acquire: as in `get`.
        let object = object_of(self.word.load(Acquire));
        if !object.is_null() {
            marker.edge(object);
        }
    }

    #[inline]
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        walk.word(self.word.get_mut());
    }
}

impl<E: Edge + Default> Default for GcCell<E> {
    fn default() -> Self {
        GcCell::new(E::default())
    }
}

impl<E: Edge> From<E> for GcCell<E> {
    fn from(edge: E) -> Self {
        GcCell::new(edge)
    }
}

impl<E> fmt::Debug for GcCell<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the value: a cycle would be printed for ever.
        f.debug_struct("GcCell").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_published(handle: &Gc<u64>) -> bool {
        handle.header().is_published()
    }

    #[test]
    fn what_goes_into_a_cell_is_published_by_then() {
        let fresh = Gc::new(1);
        assert!(!is_published(&fresh));
        // A cell outside gives its own handle back, without counting.
        let outside = GcCell::new(Gc::new(1));
        assert!(is_published(&outside.swap(Gc::new(2))));
        assert!(is_published(&outside.swap(Gc::new(3))));
        let there = outside.get();
        assert!(outside.compare_exchange(&there, Gc::new(4)).is_ok());
        assert!(is_published(&outside.swap(Gc::new(5))));
    }

    #[test]
    fn a_cell_outside_of_the_heap_keeps_its_count_and_one_inside_has_none() {
        let object = Gc::new(1u64);
        let outside = GcCell::new(object.clone());
        assert_eq!(object.header().handles(), 2);
        drop(outside.swap(Gc::new(2)));
        assert_eq!(object.header().handles(), 1);
        outside.set(object.clone());
        assert_eq!(object.header().handles(), 2);
        let inside = Gc::new(outside);
        assert_eq!(object.header().handles(), 1);
        let taken = inside.swap(Gc::new(3));
        assert_eq!(object.header().handles(), 2);
        inside.set(taken);
        assert_eq!(object.header().handles(), 1);
        assert!(
            inside
                .compare_exchange(&Gc::new(4), object.clone())
                .is_err()
        );
        assert_eq!(object.header().handles(), 1);
        drop(inside);
        assert_eq!(object.header().handles(), 1);
    }

    #[test]
    fn references_are_counted_by_cells_outside_of_the_heap_alone() {
        let object = Gc::new(1u64);
        let other = Gc::new(2u64);
        let counts = || (object.header().handles(), other.header().handles());
        let inside = Gc::new(GcCell::new(None));
        let outside = GcCell::new(None);
        let pinned = crate::gc::pin();
        for (cell, counted) in [(&*inside, 0), (&outside, 1)] {
            cell.store(&object);
            assert_eq!(counts(), (1 + counted, 1));
            let old = cell.swap_ref(&other, &pinned);
            assert_eq!(
                (old.map(|old| **old), counts()),
                (Some(1), (1, 1 + counted))
            );
            assert!(cell.compare_exchange_ref(&object, &other, &pinned).is_err());
            assert_eq!(counts(), (1, 1 + counted));
            assert!(cell.compare_exchange_ref(&other, &object, &pinned).is_ok());
            assert_eq!(counts(), (1 + counted, 1));
            let root = Object::root(cell.load(&pinned).unwrap());
            assert_eq!(counts(), (2 + counted, 1));
            drop(root);
            assert!(cell.take_ref(&pinned).is_some() && cell.get().is_none());
            assert_eq!(counts(), (1, 1));
        }
        // What was never shared before is, once it can be loaded.
        let fresh = Gc::new(3);
        inside.store(&fresh);
        assert!(is_published(&fresh));
    }
}
