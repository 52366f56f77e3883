//! A growable array in pages of its own.
//!
//! `Vec` would call the global allocator, which is forbidden inside the runtime:
//! a goroutine that was stopped inside `malloc` holds its lock, and may need the
//! very scheduler that waits for it. Elements are `Copy`, so growing is a copy
//! and dropping is an unmap.

use std::marker::PhantomData;
use std::ptr::NonNull;

pub(crate) struct PageVec<T: Copy> {
    /// Null while nothing is mapped; so all-zero bytes are an empty array.
    at: *mut u8,
    bytes: usize,
    len: usize,
    elements: PhantomData<T>,
}

// SAFETY: owns its memory like a Vec.
unsafe impl<T: Copy + Send> Send for PageVec<T> {}

impl<T: Copy> PageVec<T> {
    pub(crate) const fn new() -> Self {
        PageVec {
            at: std::ptr::null_mut(),
            bytes: 0,
            len: 0,
            elements: PhantomData,
        }
    }

    pub(crate) fn push(&mut self, value: T) {
        if (self.len + 1) * size_of::<T>() > self.bytes {
            self.grow();
        }
        // SAFETY: the mapping has room for `len + 1` elements (just checked),
        // and page alignment covers any element's.
        unsafe { self.at.cast::<T>().add(self.len).write(value) };
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.len.checked_sub(1)?;
        self.len = last;
        // SAFETY: element `last` was written by `push`.
        Some(unsafe { self.at.cast::<T>().add(last).read() })
    }

    /// Keeps the first `len`, of at least as many.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    #[cold]
    fn grow(&mut self) {
        let bytes = (self.bytes * 2).max(crate::sys::page_size());
        let Some(new) = crate::sys::reserve(bytes) else {
            crate::fatal::out_of_memory("a runtime table", bytes);
        };
        if self.bytes > 0 {
            // SAFETY: both mappings are live, apart, and at least `len` long.
            unsafe {
                new.as_ptr()
                    .copy_from_nonoverlapping(self.at, self.len * size_of::<T>());
                crate::sys::release(NonNull::new_unchecked(self.at), self.bytes);
            }
        }
        self.at = new.as_ptr();
        self.bytes = bytes;
    }
}

impl<T: Copy> std::ops::Deref for PageVec<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        if self.at.is_null() {
            return &[];
        }
        // SAFETY: the first `len` elements were written by `push`.
        unsafe { std::slice::from_raw_parts(self.at.cast::<T>(), self.len) }
    }
}

impl<T: Copy> std::ops::DerefMut for PageVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        if self.at.is_null() {
            return &mut [];
        }
        // SAFETY: as for `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.at.cast::<T>(), self.len) }
    }
}

impl<T: Copy> Drop for PageVec<T> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: the mapping is ours and goes with us.
            unsafe { crate::sys::release(NonNull::new_unchecked(self.at), self.bytes) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PageVec;

    #[test]
    fn keeps_its_elements_while_it_grows() {
        let mut v = PageVec::new();
        for i in 0..100_000u64 {
            v.push(i);
        }
        assert!(v.iter().copied().eq(0..100_000));
        assert_eq!(v.pop(), Some(99_999));
        assert_eq!(v.len(), 99_999);
    }

    #[test]
    fn an_empty_one_is_an_empty_slice() {
        let mut v = PageVec::<u8>::new();
        assert!(v.is_empty());
        assert_eq!(v.pop(), None);
    }
}
