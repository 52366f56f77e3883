//! Arrays of edges: objects of a length that is known when they are made.
//!
//! ```text
//!   | header | capacity | len | edge 0 | edge 1 | … | edge len-1 | … not looked at
//! ```
//!
//! One `TypeInfo` per size class serves them all, whatever the edges lead to: walking is
//! the same. Whoever changes an array has the lock of its `GcVec`; readers and the marker
//! go by `len`, which is stored after what it counts.

use super::classes::{CLASSES, Contents, PAGE, SIZES, class_for, span_class};
use super::header::Header;
use super::heap;
use super::mark::Marker;
use super::trace::TypeInfo;
use super::world::Region;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize};

/// From the object's address to the first edge.
const EDGES_AT: usize = 24;
/// The most edges in an array: what an allocation may have bytes for.
pub(super) const MOST: usize = (isize::MAX as usize - 2 * PAGE) / 8;

/// Per size class; at 0 large ones, whose size is counted when they are walked.
static INFOS: [TypeInfo; CLASSES] = infos();

const fn infos() -> [TypeInfo; CLASSES] {
    let mut infos = [const { info(0) }; CLASSES];
    let mut class = 1;
    while class < CLASSES {
        infos[class] = info(class);
        class += 1;
    }
    infos
}

const fn info(class: usize) -> TypeInfo {
    TypeInfo {
        trace,
        drop: nothing,
        offset: 8,
        size: SIZES[class] as usize,
        span_class: span_class(class, Contents::Edges),
        edges: true,
        name: || "[Gc]",
    }
}

/// # Safety
/// None: arrays own nothing.
unsafe fn nothing(_: *mut u8) {}

/// # Safety
/// `value` is that of an array; `marker` is exclusively the caller's.
unsafe extern "C" fn trace(value: *const u8, marker: *mut Marker) {
    // SAFETY: by this function's contract; the value begins behind the header.
    let (array, marker) = unsafe { (Array(value.cast_mut().wrapping_sub(8)), &mut *marker) };
    let bytes = EDGES_AT + array.capacity() * 8;
    if bytes > SIZES[CLASSES - 1] as usize {
        marker.walked(bytes.next_multiple_of(PAGE));
    }
    for i in 0..array.len() {
        let object = array.edge(i).load(Acquire);
        if !object.is_null() {
            marker.edge(object);
        }
    }
}

/// An array, alive in the region in which it was loaded, or by a count.
#[derive(Clone, Copy)]
pub(super) struct Array(pub(super) *mut u8);

impl Array {
    /// A new one with room for so many edges, and with one count.
    pub(super) fn new(capacity: usize) -> Array {
        assert!(capacity <= MOST, "capacity overflow");
        let bytes = EDGES_AT + capacity * 8;
        let class = class_for(bytes, 8);
        let info = &INFOS[class];
        // What its slot has room for.
        let size = if class == 0 {
            bytes.next_multiple_of(PAGE)
        } else {
            info.size
        };
        let mut region = Region::enter();
        let object = region.take_sized(info, size);
        crate::sanitize::unpoison(object, size);
        let array = Array(object);
        // SAFETY: the slot is ours and long enough, and nobody looks at it yet.
        unsafe {
            object.add(8).cast::<usize>().write((size - EDGES_AT) / 8);
            object
                .add(16)
                .cast::<AtomicUsize>()
                .write(AtomicUsize::new(0));
            Header::of(object).init(info);
            Header::of(object).publish();
            region.born(object);
            if class == 0 {
                // Release: whoever takes the card sees the object.
                heap::arena_of(object).card(object).store(1, Release);
            }
        }
        region.leave();
        array
    }

    pub(super) fn capacity(self) -> usize {
        // SAFETY: written once, when it was made.
        unsafe { self.0.add(8).cast::<usize>().read() }
    }

    fn length(&self) -> &AtomicUsize {
        // SAFETY: there since it was made.
        unsafe { &*self.0.add(16).cast::<AtomicUsize>() }
    }

    pub(super) fn len(self) -> usize {
        // Acquire: pairs with the release below.
        self.length().load(Acquire)
    }

    /// # Safety
    /// The edges up to `len` are there, and the array is the caller's to change.
    pub(super) unsafe fn set_len(self, len: usize) {
        // Release: the edges are seen by whoever sees the length.
        self.length().store(len, Release);
    }

    /// The place of an edge, below the capacity.
    #[inline(always)]
    pub(super) fn edge(&self, i: usize) -> &AtomicPtr<u8> {
        debug_assert!(i < self.capacity());
        // SAFETY: within the slot; places are read only below `len`, where there was
        // a store before.
        unsafe { &*self.0.add(EDGES_AT).cast::<AtomicPtr<u8>>().add(i) }
    }

    /// Copies the edges of `from`, which fit.
    ///
    /// # Safety
    /// This one is new, and the caller's alone; `from` does not change meanwhile.
    pub(super) unsafe fn copy(self, from: Array) {
        let len = from.len();
        for i in 0..len {
            // Relaxed: published with the length.
            self.edge(i).store(from.edge(i).load(Relaxed), Relaxed);
        }
        // SAFETY: just stored, and the array is ours.
        unsafe { self.set_len(len) };
    }
}
