//! `Weak`: a pointer that does not keep its object alive.
//!
//! It leads to a *slot*, a small object of its own, which has the address of the object
//! until that dies. The object's record (`specials`) knows the slot, and clears it when a
//! cycle has found the object dead, before the memory is used again. From the end of
//! marking until then a dead object is told by its colour.

use super::Gc;
use super::mark::Marker;
use super::specials;
use super::trace::{Of, Trace, leaf};
use super::walk::Walk;
use super::world::Region;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};

pub(super) struct Slot(AtomicPtr<u8>);
leaf!(Slot);
const _: () = assert!(Of::<Slot>::OFFSET == 8);

/// A pointer to an object of the collected heap that does not keep it alive (Go's
/// `weak.Pointer`). [`upgrade`](Self::upgrade) gives a handle as long as the object has
/// not been found dead.
///
/// ```
/// use marmota::gc::{Gc, GcCell, Trace, Weak};
///
/// #[derive(Trace)]
/// struct Entry {
///     value: u32,
///     owner: Weak<Cache>,
/// }
/// #[derive(Trace)]
/// struct Cache {
///     last: GcCell<Option<Gc<Entry>>>,
/// }
///
/// let cache = Gc::new(Cache { last: GcCell::new(None) });
/// cache.last.set(Some(Gc::new(Entry { value: 1, owner: Gc::downgrade(&cache) })));
/// let entry = cache.last.get().unwrap();
/// assert!(Gc::ptr_eq(&entry.owner.upgrade().unwrap(), &cache));
/// ```
///
/// An object with a finalizer has no weak pointers any more when the finalizer runs,
/// though it is alive again then (Go's rule).
pub struct Weak<T: ?Sized> {
    slot: Option<Gc<Slot>>,
    points_to: PhantomData<Gc<T>>,
}

impl<T> Weak<T> {
    /// One that leads nowhere.
    pub const fn new() -> Weak<T> {
        Weak {
            slot: None,
            points_to: PhantomData,
        }
    }
}

impl<T: ?Sized> Weak<T> {
    /// See `Gc::downgrade`.
    pub(super) fn to(object: &Gc<T>) -> Weak<T> {
        let address = object.publish();
        let counted = specials::slot_of(address).or_else(|| {
            let slot = Gc::new(Slot(AtomicPtr::new(address)));
            specials::set_slot(address, slot.publish()).or_else(|| Some(slot.into_object().0))
        });
        Weak {
            // SAFETY: an object with a `Slot`, and a count to give.
            slot: counted.map(|slot| unsafe { Gc::rooted(slot) }),
            points_to: PhantomData,
        }
    }

    /// One whose object is still to come.
    pub(super) fn not_yet() -> Weak<T> {
        Weak {
            slot: Some(Gc::new(Slot(AtomicPtr::new(std::ptr::null_mut())))),
            points_to: PhantomData,
        }
    }

    /// The object has come. It is new: it has no slot yet.
    pub(super) fn lead_to(&self, object: &Gc<T>) {
        if let Some(slot) = &self.slot {
            let address = object.publish();
            // Before anybody can come to the object by this slot, and find that it has none.
            let before = specials::set_slot(address, slot.publish());
            debug_assert!(before.is_none(), "an object that nobody knows has a slot");
            // Release: whoever upgrades sees the object.
            slot.0.store(address, Release);
        }
    }

    /// A handle on the object; `None` if it is dead, or if there never was one.
    pub fn upgrade(&self) -> Option<Gc<T>> {
        let slot = self.slot.as_ref()?;
        let region = Region::enter();
        // Acquire: the object is seen as it was made.
        let object = slot.0.load(Acquire);
        // The second look: if the object was dead and its memory is used again, then
        // the mark is of the new one, and the slot was cleared before that.
        let there = !object.is_null() && region.can_have(object) && slot.0.load(Acquire) == object;
        if there {
            region.becomes_handle(object);
        }
        region.leave();
        // SAFETY: counted; the slot's object is a `T`.
        there.then(|| unsafe { Gc::rooted(object) })
    }

    /// Whether two lead to the same object, dead or alive, or both to none.
    pub fn ptr_eq(&self, other: &Weak<T>) -> bool {
        match (&self.slot, &other.slot) {
            (Some(a), Some(b)) => Gc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}

// SAFETY: both walks visit the handle on the slot.
unsafe impl<T: Send + Sync + ?Sized + 'static> Trace for Weak<T> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    fn trace(&self, marker: &mut Marker) {
        self.slot.trace(marker);
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.slot.walk(walk);
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Weak<T> {
        Weak {
            slot: self.slot.clone(),
            points_to: PhantomData,
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Weak<T> {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
