//! The handle on a channel, and who frees the channel.
//!
//! A channel lives as long as there are handles, which are counted: as with an `Arc`.
//! A handle may lie in an object of the collected heap (`gc`), and values in the channel's
//! buffer may hold `Gc`s: then handles and values can form a cycle that counting never
//! frees. So a channel whose handle moves into the heap for the first time gets an object
//! there that stands for it, its *stand-in*, and from then on
//!
//! ```text
//!   handles in the heap     edges to the stand-in: not counted
//!   handles outside         counted; as long as there is one, the stand-in has a root
//!   values in the buffer    in the heap: their handles are edges, of the stand-in
//!   the channel             is freed when the stand-in is collected
//! ```
//!
//! A value that goes from a sender to a receiver who waits never is in the heap. One that
//! goes through the buffer moves in and out, under the channel's lock, in a region.
//!
//! A handle in a value that is sent by a select, or that waited in a full channel while
//! the channel moved into the heap, stays a counted one if it is the first of its own
//! channel to go in: a leak at worst, if that value leads back to it and is never
//! received.

use super::core::Core;
use crate::gc::{self, Gc, Header, Marker, Movable, Region, Trace, Walk};
use crate::kernel;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicUsize, fence};

pub(super) struct Shared<T> {
    /// Handles outside of the heap.
    outside: AtomicUsize,
    /// The stand-in's object, null while no handle has been in the heap. Set once,
    /// under the channel's lock.
    stand_in: AtomicPtr<u8>,
    core: Core<T>,
}

/// Set in a handle that is an edge.
const INSIDE: usize = 1;

/// A counted handle, or an edge. Aligned to more than one byte, so the lowest bit is free.
pub struct Handle<T> {
    shared: NonNull<Shared<T>>,
    owns: PhantomData<Shared<T>>,
}

// SAFETY: as for an Arc.
unsafe impl<T: Send> Send for Handle<T> {}
// SAFETY: as for an Arc.
unsafe impl<T: Send> Sync for Handle<T> {}
impl<T> std::panic::UnwindSafe for Handle<T> {}
impl<T> std::panic::RefUnwindSafe for Handle<T> {}

impl<T> Handle<T> {
    pub(super) fn new(core: Core<T>) -> Handle<T> {
        Handle {
            shared: NonNull::from(Box::leak(Box::new(Shared {
                outside: AtomicUsize::new(1),
                stand_in: AtomicPtr::new(std::ptr::null_mut()),
                core,
            }))),
            owns: PhantomData,
        }
    }

    #[inline(always)]
    pub(super) fn is_inside(&self) -> bool {
        self.shared.addr().get() & INSIDE != 0
    }

    #[inline(always)]
    fn pointer(&self) -> *mut Shared<T> {
        self.shared.as_ptr().map_addr(|a| a & !INSIDE)
    }

    #[inline(always)]
    fn shared(&self) -> &Shared<T> {
        // SAFETY: there while there is a counted handle; or an edge, whose object is
        // reachable and keeps the stand-in.
        unsafe { &*self.pointer() }
    }

    /// Whether a value may move into the heap when it is sent.
    #[inline(always)]
    pub(super) fn is_traced(&self) -> bool {
        // Relaxed: a hint, see the essay.
        !self.shared().stand_in.load(Relaxed).is_null()
    }

    /// # Safety
    /// The tag fits what the handle owns.
    unsafe fn tagged(at: *mut Shared<T>, tag: usize) -> NonNull<Shared<T>> {
        // SAFETY: from a handle, and so not null.
        unsafe { NonNull::new_unchecked(at.map_addr(|a| a | tag)) }
    }
}

impl<T> Shared<T> {
    /// One handle more outside, of an edge that was read in this region.
    fn count_in(&self, region: &Region) {
        // Relaxed: whoever counts has the channel by something else.
        if self.outside.fetch_add(1, Relaxed) == 0 {
            region.becomes_handle(self.stand_in.load(Acquire));
        }
    }
}

impl<T> std::ops::Deref for Handle<T> {
    type Target = Core<T>;
    #[inline(always)]
    fn deref(&self) -> &Core<T> {
        &self.shared().core
    }
}

impl<T> Clone for Handle<T> {
    #[inline]
    fn clone(&self) -> Self {
        let shared = self.shared();
        if self.is_inside() {
            let region = Region::enter();
            shared.count_in(&region);
            region.leave();
        } else if shared.outside.fetch_add(1, Relaxed) > isize::MAX as usize {
            // As with Arc: handles that were forgotten, by the billion.
            std::process::abort();
        }
        Handle {
            // SAFETY: counted.
            shared: unsafe { Self::tagged(self.pointer(), 0) },
            owns: PhantomData,
        }
    }
}

impl<T> Drop for Handle<T> {
    #[inline]
    fn drop(&mut self) {
        if self.is_inside() {
            // The stand-in may be gone already, and the channel with it.
            return;
        }
        let shared = self.shared();
        // Release: what was done through this handle is over when the channel is freed.
        if shared.outside.fetch_sub(1, Release) == 1 {
            fence(Acquire);
            let stand_in = shared.stand_in.load(Relaxed);
            if stand_in.is_null() {
                // SAFETY: the last handle, and no edges; made by `new`.
                drop(unsafe { Box::from_raw(self.pointer()) });
            } else {
                // SAFETY: the count that all outside handles had together, which we
                // give up as the last.
                unsafe { Header::of(stand_in) }.release();
            }
        }
    }
}

/// What stands for a channel in the heap, and owns it.
struct StandIn<T: Trace>(AtomicPtr<Shared<T>>);

// SAFETY: `trace` visits the values in the buffer, which moved in by their walks.
unsafe impl<T: Trace> Trace for StandIn<T> {
    const EDGES: bool = true;
    const DROPS: bool = true;

    fn trace(&self, marker: &mut Marker) {
        // SAFETY: null until it is set for good; freed by our own destructor.
        // Acquire: pairs with the release in `move_in`.
        if let Some(shared) = unsafe { self.0.load(Acquire).as_ref() } {
            if marker.is_collecting() {
                shared
                    .core
                    .each_buffered_if_free(|value| value.trace(marker));
            } else {
                shared.core.each_buffered(|value| value.trace(marker));
            }
        }
    }

    fn walk<W: Walk>(&mut self, _: &mut W) {}
}

impl<T: Trace> Drop for StandIn<T> {
    fn drop(&mut self) {
        let shared = *self.0.get_mut();
        if !shared.is_null() {
            // SAFETY: made by `Handle::new`; there is no counted handle, or the
            // stand-in would be a root, and no object with an edge is alive.
            drop(unsafe { Box::from_raw(shared) });
        }
    }
}

/// How to move values into the heap and out of it; see `core`.
pub(super) struct Moves {
    pub(super) prepare: unsafe fn(*mut u8),
    pub(super) into_heap: unsafe fn(&Region, *mut u8),
    pub(super) out_of_heap: unsafe fn(&Region, *mut u8),
}

impl<T: Trace> Handle<T> {
    const MOVES: &'static Moves = &Moves {
        prepare: prepare::<T>,
        into_heap: into_heap::<T>,
        out_of_heap: out_of_heap::<T>,
    };

    /// Gives the channel its stand-in.
    #[cold]
    fn move_in(&self) {
        let shared = self.shared();
        let stand_in = Gc::new(StandIn::<T>(AtomicPtr::new(std::ptr::null_mut())));
        let m = kernel::enter_quietly();
        let mut state = shared.core.state.lock();
        // Relaxed: changes under the lock.
        let first = shared.stand_in.load(Relaxed).is_null();
        if first {
            let region = Region::within(m);
            // Release: the marker sees the channel.
            stand_in.0.store(self.pointer(), Release);
            let object = stand_in.publish();
            state.each_buffered_mut(|value| value.walk(&mut gc::Unrooter { region: &region }));
            state.moves = Some(Self::MOVES);
            // Release: the stand-in is there for whoever sees it.
            shared.stand_in.store(object, Release);
            region.end();
        }
        drop(state);
        kernel::leave(m);
        if first {
            // Its count is that of all handles outside.
            std::mem::forget(stand_in);
        }
    }
}

/// # Safety
/// `value` is a `T` that is the caller's alone.
unsafe fn prepare<T: Trace>(value: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut gc::Prepare) };
}

/// # Safety
/// As for `prepare`.
unsafe fn into_heap<T: Trace>(region: &Region, value: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut gc::Unrooter { region }) };
}

/// # Safety
/// As for `prepare`.
unsafe fn out_of_heap<T: Trace>(region: &Region, value: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).walk(&mut gc::Rooter { region }) };
}

impl<T: Trace> Movable for Handle<T> {
    fn prepare(&mut self) {
        if T::EDGES && !self.is_traced() {
            self.move_in();
        }
    }

    fn unroot(&mut self, region: &Region) {
        let shared = self.shared();
        // Acquire: pairs with the release in `move_in`.
        let stand_in = shared.stand_in.load(Acquire);
        if self.is_inside() || stand_in.is_null() {
            return;
        }
        // Release: as in `drop`.
        if shared.outside.fetch_sub(1, Release) == 1 {
            region.became_edge(stand_in);
        } else {
            region.overwritten(stand_in);
        }
        // SAFETY: it owns nothing any more.
        self.shared = unsafe { Self::tagged(self.pointer(), INSIDE) };
    }

    fn root(&mut self, region: &Region) {
        if self.is_inside() {
            self.shared().count_in(region);
            // SAFETY: counted.
            self.shared = unsafe { Self::tagged(self.pointer(), 0) };
        }
    }
}

// SAFETY: `trace` marks the stand-in if the handle is an edge, and that is what it is
// exactly if `walk` made it one.
unsafe impl<T: Trace> Trace for Handle<T> {
    // Not T::EDGES: a type may own a channel of itself.
    const EDGES: bool = true;
    const DROPS: bool = true;

    fn trace(&self, marker: &mut Marker) {
        if self.is_inside() {
            marker.edge(self.shared().stand_in.load(Acquire));
        }
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        walk.channel(gc::ChannelHandle(self));
    }
}

macro_rules! through_handle {
    ($($end:ident . $($field:ident).+;)+) => {$(
        // SAFETY: both walks visit the handle, if there is one.
        unsafe impl<T: Trace> Trace for super::$end<T> {
            const EDGES: bool = true;
            const DROPS: bool = true;

            fn trace(&self, marker: &mut Marker) {
                self.$($field).+.trace(marker);
            }

            fn walk<W: Walk>(&mut self, walk: &mut W) {
                self.$($field).+.walk(walk);
            }
        }
    )+};
}

through_handle! {
    Chan.chan.core;
    Sender.chan.core;
    Receiver.chan.core;
}
