//! Memory for clocks, out of the allocator's reach.
//!
//! Clocks grow while a primitive's lock is held, inside the runtime, where the
//! global allocator is out of bounds (`kernel`, invariant 1). So blocks come from
//! mapped chunks of our own, in sizes of powers of two, and freed ones are kept in
//! a list per size. Nothing here is used while no race detector runs.

use crate::lock::SpinLock;
use std::ptr::null_mut;

/// The smallest block: 64 bytes; the largest: 2^36.
const SMALLEST: u32 = 6;
const CLASSES: usize = 31;
const CHUNK: usize = 1 << 20;

struct Arena {
    /// Freed blocks of each size, linked through their first word.
    free: [*mut u8; CLASSES],
    next: *mut u8,
    left: usize,
}

// SAFETY: the pointers lead to memory that the arena owns.
unsafe impl Send for Arena {}

static ARENA: SpinLock<Arena> = SpinLock::new(Arena {
    free: [null_mut(); CLASSES],
    next: null_mut(),
    left: 0,
});

fn class_of(bytes: usize) -> usize {
    (bytes
        .max(1)
        .next_power_of_two()
        .trailing_zeros()
        .max(SMALLEST)
        - SMALLEST) as usize
}

fn size_of_class(class: usize) -> usize {
    1 << (class as u32 + SMALLEST)
}

impl Arena {
    fn take(&mut self, class: usize) -> *mut u8 {
        let first = self.free[class];
        if !first.is_null() {
            // SAFETY: a freed block holds the link to the next one.
            self.free[class] = unsafe { first.cast::<*mut u8>().read() };
            return first;
        }
        let bytes = size_of_class(class);
        if bytes > self.left {
            let chunk = bytes.max(CHUNK);
            let Some(at) = crate::sys::reserve(chunk) else {
                crate::fatal::out_of_memory("the race detector", chunk);
            };
            self.next = at.as_ptr();
            self.left = chunk;
        }
        let block = self.next;
        // SAFETY: `left` bytes from `next` on belong to the chunk.
        self.next = unsafe { block.add(bytes) };
        self.left -= bytes;
        block
    }
}

/// A growable array of plain values. Null and empty at first, so all-zero bytes
/// are a valid one.
pub(crate) struct Array<T: Copy> {
    at: *mut T,
    len: u32,
    class: u32,
}

// SAFETY: owns its memory like a Vec.
unsafe impl<T: Copy + Send> Send for Array<T> {}

impl<T: Copy> Array<T> {
    pub(crate) const fn new() -> Self {
        Array {
            at: null_mut(),
            len: 0,
            class: 0,
        }
    }

    fn capacity(&self) -> usize {
        if self.at.is_null() {
            0
        } else {
            size_of_class(self.class as usize) / size_of::<T>()
        }
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Makes it `len` long at least; what is new is `fill`.
    #[inline]
    pub(crate) fn extend_to(&mut self, len: usize, fill: T) {
        if len > self.capacity() {
            self.grow(len);
        }
        for i in self.len as usize..len {
            // SAFETY: below the capacity, which was just seen to.
            unsafe { self.at.add(i).write(fill) };
        }
        self.len = self.len.max(len as u32);
    }

    pub(crate) fn push(&mut self, value: T) {
        self.extend_to(self.len as usize + 1, value);
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let class = class_of(len * size_of::<T>());
        let mut arena = ARENA.lock();
        let new = arena.take(class).cast::<T>();
        drop(arena);
        if !self.at.is_null() {
            // SAFETY: both blocks are live, apart, and hold `len` values at least.
            unsafe { new.copy_from_nonoverlapping(self.at, self.len as usize) };
            self.free();
        }
        self.at = new;
        self.class = class as u32;
    }

    fn free(&mut self) {
        let mut arena = ARENA.lock();
        let class = self.class as usize;
        // SAFETY: the block is ours and of this size, which holds a word.
        unsafe { self.at.cast::<*mut u8>().write(arena.free[class]) };
        arena.free[class] = self.at.cast();
    }
}

impl<T: Copy> std::ops::Deref for Array<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        if self.at.is_null() {
            return &[];
        }
        // SAFETY: the first `len` values were written.
        unsafe { std::slice::from_raw_parts(self.at, self.len as usize) }
    }
}

impl<T: Copy> std::ops::DerefMut for Array<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        if self.at.is_null() {
            return &mut [];
        }
        // SAFETY: as for `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.at, self.len as usize) }
    }
}

impl<T: Copy> Drop for Array<T> {
    #[inline]
    fn drop(&mut self) {
        if !self.at.is_null() {
            // The arena's lock is the runtime's: its holder must not be stopped.
            // A thread that is no M yet is never stopped, and stays unknown.
            let m = crate::sched::m::current();
            let was_inside = m.is_some_and(|m| {
                m.in_runtime
                    .swap(true, std::sync::atomic::Ordering::Relaxed)
            });
            self.free();
            if let Some(m) = m
                && !was_inside
            {
                m.in_runtime
                    .store(false, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_while_an_array_grows() {
        let mut array = Array::new();
        for i in 0..10_000u64 {
            array.push(i);
        }
        assert!(array.iter().copied().eq(0..10_000));
        array.clear();
        array.extend_to(3, 7);
        assert_eq!(&array[..], [7, 7, 7]);
    }

    #[test]
    fn sizes_are_the_next_power_of_two() {
        assert_eq!((class_of(1), class_of(64), class_of(65)), (0, 0, 1));
        assert_eq!(size_of_class(class_of(4097)), 8192);
    }
}
