//! What a lock guards, while the lock lies in the heap.
//!
//! The handles in a guarded value are edges, like any others in an object, as long as
//! nobody may change the value. Whoever takes the lock for writing gets `&mut` to it, and
//! might move a handle out: so the value is *opened* first, its edges become handles
//! that are counted; and it is *closed* before the lock is given back, and they become
//! edges again. That is a step per handle each time: a lock in the heap should guard a few
//! handles, and not thousands (`GcVec` and `GcMap` are for those).
//!
//! ```text
//!   0            the lock lies outside of the heap: nothing to do
//!   hooks        closed
//!   hooks | 1    open: all is rooted, and the marker passes it by
//!   hooks | 2    closed, and a marker reads it: who opens waits for its end
//! ```
//!
//! Opening and closing are a region each, so that no cycle begins or ends in between.
//! What a marker passes by because it is open was shaded, or was a root, when it was
//! opened, or is shaded when it is closed.

use super::trace::Trace;
use super::walk::{Prepare, Rooter, Unrooter, Walk};
use super::world::Region;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const OPEN: usize = 1;
const READ: usize = 2;

/// How to move the handles of a value.
#[repr(align(8))]
pub(crate) struct Hooks {
    open: unsafe fn(&Region, *mut ()),
    prepare: unsafe fn(*mut ()),
    close: unsafe fn(&Region, *mut ()),
}

struct Of<T>(std::marker::PhantomData<T>);

impl<T: Trace> Of<T> {
    const HOOKS: &'static Hooks = &Hooks {
        open: open::<T>,
        prepare: prepare::<T>,
        close: close::<T>,
    };
}

/// # Safety
/// `value` is a `T` that is the caller's alone.
unsafe fn open<T: Trace>(region: &Region, value: *mut ()) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut Rooter { region }) };
}

/// # Safety
/// As for `open`.
unsafe fn prepare<T: Trace>(value: *mut ()) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut Prepare) };
}

/// # Safety
/// As for `open`.
unsafe fn close<T: Trace>(region: &Region, value: *mut ()) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut Unrooter { region }) };
}

/// Beside the value in a lock: where it is.
pub(crate) struct Guarded(AtomicPtr<Hooks>);

impl Guarded {
    pub(crate) const fn new() -> Guarded {
        Guarded(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// The lock was taken for writing.
    ///
    /// # Safety
    /// `value` is the value of this lock, and the caller's alone.
    #[inline(always)]
    pub(crate) unsafe fn open<T: ?Sized>(&self, value: *mut T) {
        // Relaxed: only two bits change while the lock is shared.
        if !self.0.load(Relaxed).is_null() {
            // SAFETY: by this function's contract.
            unsafe { self.open_in_heap(value.cast()) };
        }
    }

    /// The lock is about to be given back by a writer.
    ///
    /// # Safety
    /// As for [`open`](Self::open).
    #[inline(always)]
    pub(crate) unsafe fn close<T: ?Sized>(&self, value: *mut T) {
        // Relaxed: as above.
        if !self.0.load(Relaxed).is_null() {
            // SAFETY: by this function's contract.
            unsafe { self.close_in_heap(value.cast()) };
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn open_in_heap(&self, value: *mut ()) {
        let region = Region::enter();
        let hooks = self.0.load(Relaxed).map_addr(|a| a & !(OPEN | READ));
        let open = hooks.map_addr(|a| a | OPEN);
        // Acquire: a marker's reading is over.
        while self
            .0
            .compare_exchange_weak(hooks, open, Acquire, Relaxed)
            .is_err()
        {
            // A marker, which waits for nothing that we have.
            std::thread::yield_now();
        }
        // SAFETY: hooks are static; the value is ours, and no marker reads it now.
        unsafe { ((*hooks).open)(&region, value) };
        region.leave();
    }

    #[cold]
    #[inline(never)]
    unsafe fn close_in_heap(&self, value: *mut ()) {
        let hooks = self.0.load(Relaxed).map_addr(|a| a & !(OPEN | READ));
        // SAFETY: as above.
        unsafe { ((*hooks).prepare)(value) };
        let region = Region::enter();
        // SAFETY: as above.
        unsafe { ((*hooks).close)(&region, value) };
        // Release: a marker that reads sees the edges.
        self.0.store(hooks, Release);
        region.leave();
    }

    /// Marks what the value leads to, unless it is open.
    pub(crate) fn read(&self, trace: impl FnOnce()) {
        let hooks = self.0.load(Relaxed);
        let reading = hooks.map_addr(|a| a | READ);
        // Where it is open, or another marker reads it, there is nothing to do.
        // Acquire: what the last writer did is seen.
        if hooks.addr() & (OPEN | READ) == 0
            && !hooks.is_null()
            && self
                .0
                .compare_exchange(hooks, reading, Acquire, Relaxed)
                .is_ok()
        {
            trace();
            // Release: the reading is over for whoever opens.
            self.0.store(hooks, Release);
        }
    }

    /// The lock itself is moved, with a value of this type.
    pub(crate) fn walk<T: Trace, W: Walk>(&mut self, value: &mut T, walk: &mut W) {
        if T::EDGES {
            value.walk(walk);
            match W::INTO_HEAP {
                Some(true) => {
                    *self.0.get_mut() = std::ptr::from_ref(Of::<T>::HOOKS).cast_mut();
                }
                Some(false) => *self.0.get_mut() = std::ptr::null_mut(),
                None => {}
            }
        }
    }
}
