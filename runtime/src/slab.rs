//! Type-stable memory for G, M and P.
//!
//! Objects come from mapped chunks that are never given back, only recycled, so a
//! reference to one is `&'static` and a stale pointer still points to an object
//! of its type. That is what lets a thief look into another P, a report walk all
//! goroutines, and a late `ready` be refused instead of crash. Objects start as
//! all-zero bytes: every field of G, M and P is a cell whose zero is its initial
//! value. No allocator is called (see `kernel`, invariant 1).

use crate::lock::SpinLock;
use crate::sys::{self, PageVec};

/// Objects whose all-zero bytes are a valid initial value.
///
/// # Safety
/// Every field is valid when zeroed, and all shared access goes through cells or
/// atomics.
pub(crate) unsafe trait Zeroed: Sync + 'static {}

pub(crate) struct Slab<T: Zeroed> {
    inner: SpinLock<Chunks<T>>,
}

struct Chunks<T: Zeroed> {
    chunks: PageVec<*mut T>,
    /// Objects handed out from the newest chunk.
    used: usize,
    free: PageVec<&'static T>,
}

// SAFETY: the pointers lead to objects that are Sync and live for ever.
unsafe impl<T: Zeroed> Send for Chunks<T> {}

/// Objects per chunk: large enough that a million goroutines make few mappings.
const fn per_chunk<T>() -> usize {
    (1 << 20) / size_of::<T>()
}

impl<T: Zeroed> Slab<T> {
    pub(crate) const fn new() -> Self {
        Slab {
            inner: SpinLock::new(Chunks {
                chunks: PageVec::new(),
                used: 0,
                free: PageVec::new(),
            }),
        }
    }

    /// Takes up to `n` objects and passes each to `take`. A recycled one is as it
    /// was when it was given back.
    pub(crate) fn alloc(&self, n: usize, mut take: impl FnMut(&'static T)) {
        let mut inner = self.inner.lock();
        for _ in 0..n {
            if let Some(object) = inner.free.pop() {
                take(object);
                continue;
            }
            if inner.chunks.is_empty() || inner.used == per_chunk::<T>() {
                let bytes = per_chunk::<T>() * size_of::<T>();
                let Some(at) = sys::reserve(bytes) else {
                    sys_out_of_memory::<T>(bytes);
                };
                inner.chunks.push(at.as_ptr().cast());
                inner.used = 0;
            }
            let chunk = inner.chunks[inner.chunks.len() - 1];
            // SAFETY: `used` is below the chunk's length; the memory is mapped,
            // zeroed, never unmapped, and `Zeroed` makes that a valid object.
            let object = unsafe { &*chunk.add(inner.used) };
            inner.used += 1;
            take(object);
        }
    }

    /// One object.
    pub(crate) fn alloc_one(&self) -> &'static T {
        let mut one = None;
        self.alloc(1, |object| one = Some(object));
        one.expect("alloc(1) takes one")
    }

    /// Gives objects back for reuse.
    pub(crate) fn free(&self, objects: impl Iterator<Item = &'static T>) {
        let mut inner = self.inner.lock();
        objects.for_each(|object| inner.free.push(object));
    }

    /// Visits every object ever handed out, free ones included.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&'static T)) {
        // The chunks are copied out of the lock in pieces: `visit` may be slow.
        let (count, used) = {
            let inner = self.inner.lock();
            (inner.chunks.len(), inner.used)
        };
        for i in 0..count {
            let chunk = self.inner.lock().chunks[i];
            let len = if i + 1 == count {
                used
            } else {
                per_chunk::<T>()
            };
            for j in 0..len {
                // SAFETY: as in `alloc`; the object was handed out before.
                visit(unsafe { &*chunk.add(j) });
            }
        }
    }
}

#[cold]
fn sys_out_of_memory<T>(bytes: usize) -> ! {
    crate::fatal::out_of_memory(std::any::type_name::<T>(), bytes)
}
