//! What a `GcCell` does with references to objects, which count nothing (`object`).
//!
//! Each operation has two forms: in a light region while marking is off, and in a region
//! with the barriers of marking. Cells outside of the heap own a count of what they hold,
//! and are served by the second form alone.
//!
//! The references that come out live as long as the pin, and no longer than the cell was
//! borrowed for; so a walk that began at a handle, or under an older pin, lasts no longer
//! than that (see `pin` for why it must not).

use super::cell::{Edge, GcCell, OUTSIDE, object_of, publish};
use super::light::Light;
use super::object::Object;
use super::pin::Pinned;
use super::world::Region;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

impl<E: Edge> GcCell<E> {
    /// Reads what it holds without counting: the reference is good as long as the pin
    /// and the cell are borrowed, whatever is stored meanwhile. For a
    /// `GcCell<Gc<T>>` it is always there.
    #[inline(always)]
    pub fn load<'a>(&'a self, _pinned: &'a Pinned) -> Option<&'a Object<E::Target>> {
        // Acquire: as in `get`.
        let object = object_of(self.word.load(Acquire));
        // SAFETY: the cell held it while the pin lived, which is why it is not freed
        // before the pin's end (`pin`).
        (!object.is_null()).then(|| unsafe { Object::at(object) })
    }

    /// Puts an object in that is borrowed, by a handle or under a pin: without counting, but
    /// if the cell lies outside of the heap. To empty a cell, [`set`](Self::set) it to None.
    ///
    /// ```
    /// use marmota::gc::{Gc, GcCell};
    /// let value = Gc::new(7);
    /// let cells = Gc::new([GcCell::new(None), GcCell::new(None)]);
    /// cells[0].store(&value);
    /// let pinned = marmota::gc::pin();
    /// cells[1].store(cells[0].load(&pinned));
    /// assert_eq!(cells[1].load(&pinned).map(|value| **value), Some(7));
    /// ```
    #[inline]
    pub fn store<'a>(&self, edge: impl Into<E::Ref<'a>>) {
        let new = E::address(edge.into());
        if !self.is_outside()
            && let Some(region) = Light::enter()
        {
            publish(new);
            // Release: what it leads to is seen by whoever loads it.
            self.word.store(new, Release);
            region.leave();
        } else {
            self.store_slowly(new);
        }
    }

    #[cold]
    #[inline(never)]
    fn store_slowly(&self, new: *mut u8) {
        let region = Region::enter();
        let old = self.exchange_in(&region, new);
        region.leave();
        if self.is_outside() {
            // SAFETY: the count that the cell had.
            drop(unsafe { E::from_raw(old) });
        }
    }

    /// Puts an object in that is borrowed, and gives what was there, without counting.
    #[inline]
    pub fn swap_ref<'a, 'b>(
        &'a self,
        edge: impl Into<E::Ref<'b>>,
        _pinned: &'a Pinned,
    ) -> E::Ref<'a> {
        let new = E::address(edge.into());
        let old = if !self.is_outside()
            && let Some(region) = Light::enter()
        {
            publish(new);
            // AcqRel: as in `load` and `store`.
            let old = self.word.swap(new, AcqRel);
            region.leave();
            old
        } else {
            self.swap_slowly(new)
        };
        // SAFETY: as for `load`.
        unsafe { E::lend(old) }
    }

    #[cold]
    #[inline(never)]
    fn swap_slowly(&self, new: *mut u8) -> *mut u8 {
        let region = Region::enter();
        let old = self.exchange_in(&region, new);
        region.leave();
        if self.is_outside() {
            // SAFETY: the count that the cell had. The caller's pin keeps the object.
            drop(unsafe { E::from_raw(old) });
        }
        old
    }

    /// Puts `new` in; of what was there, a cell outside has had a count.
    fn exchange_in(&self, region: &Region, new: *mut u8) -> *mut u8 {
        publish(new);
        region.stored(new);
        let bit = self.own(region, new);
        // AcqRel: as above.
        let old = object_of(self.word.swap(new.map_addr(|a| a | bit), AcqRel));
        region.overwritten(old);
        old
    }

    /// What the lowest bit is; and if the cell owns what it holds, counts for it.
    fn own(&self, region: &Region, new: *mut u8) -> usize {
        if !self.is_outside() {
            return 0;
        }
        if !new.is_null() {
            region.becomes_handle(new);
        }
        OUTSIDE
    }

    /// Puts an object in that is borrowed, if the cell holds the same one as `current`.
    ///
    /// ```
    /// use marmota::gc::{Gc, GcCell, pin};
    /// let (a, b) = (Gc::new(1), Gc::new(2));
    /// let cell = Gc::new(GcCell::new(Some(a.clone())));
    /// let pinned = pin();
    /// assert!(cell.compare_exchange_ref(&a, &b, &pinned).is_ok());
    /// let there = cell.compare_exchange_ref(&a, &b, &pinned).unwrap_err();
    /// assert_eq!(there.map(|value| **value), Some(2));
    /// ```
    ///
    /// # Errors
    /// What it holds instead.
    pub fn compare_exchange_ref<'a, 'b, 'c>(
        &'a self,
        current: impl Into<E::Ref<'b>>,
        new: impl Into<E::Ref<'c>>,
        _pinned: &'a Pinned,
    ) -> Result<E::Ref<'a>, E::Ref<'a>> {
        let (from, to) = (E::address(current.into()), E::address(new.into()));
        let region = Region::enter();
        publish(to);
        region.stored(to);
        let bit = self.own(&region, to);
        let tagged = |object: *mut u8| object.map_addr(|a| a | bit);
        let result = self
            .word
            .compare_exchange(tagged(from), tagged(to), AcqRel, Acquire);
        if result.is_ok() {
            region.overwritten(from);
        }
        region.leave();
        if bit != 0 {
            // SAFETY: the count that the cell had, or that it did not come to have.
            drop(unsafe { E::from_raw(if result.is_ok() { from } else { to }) });
        }
        // SAFETY: as for `load`.
        result
            .map(|old| unsafe { E::lend(object_of(old)) })
            .map_err(|there| unsafe { E::lend(object_of(there)) })
    }
}
