//! The native heap, as far as the collector is to know of it.
//!
//! A collected object may hold a `Vec` or a `String`. Its bytes lie in the native heap;
//! they are freed when the object is, but the pacer, which sees only the objects, would
//! let a million dead vectors lie because their headers take 24 MB. In Go there is one
//! heap, so the question does not come up.
//!
//! A program that says so makes the native heap count:
//!
//! ```
//! use marmota::gc::CountingAllocator;
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator::system();
//! # fn main() { assert!(marmota::gc::read_mem_stats().native_alloc > 0); }
//! ```
//!
//! What is there after a collection counts like Go's roots (GOGC percent of it may be
//! allocated, too), what grows since counts like objects, and all of it counts for the
//! memory limit. It is not known which bytes collected objects hold: a program with a
//! large native heap that has nothing to do with it collects less often than it could.
//!
//! The sum is kept in shards, chosen by the address, so that threads seldom meet.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};

const SHARDS: usize = 16;

#[repr(align(128))]
struct Shard(AtomicI64);

static BYTES: [Shard; SHARDS] = [const { Shard(AtomicI64::new(0)) }; SHARDS];
/// There is a counting allocator.
static COUNTING: AtomicBool = AtomicBool::new(false);
/// What was there when the last collection was over.
static BASE: AtomicU64 = AtomicU64::new(0);

/// A global allocator that lets the collector know what it has given out; it passes
/// everything on to another one.
///
/// Costs about two nanoseconds per allocation.
///
/// ```
/// use marmota::gc::CountingAllocator;
/// #[global_allocator]
/// static ALLOCATOR: CountingAllocator = CountingAllocator::system();
///
/// let before = marmota::gc::read_mem_stats().native_alloc;
/// let bytes = vec![0u8; 1 << 20];
/// let after = marmota::gc::read_mem_stats().native_alloc;
/// assert!(after >= before + bytes.len() as u64);
/// ```
#[derive(Debug, Default)]
pub struct CountingAllocator<A = System>(A);

impl CountingAllocator {
    /// On top of the system's allocator.
    pub const fn system() -> CountingAllocator {
        CountingAllocator(System)
    }
}

impl<A> CountingAllocator<A> {
    /// On top of another one.
    pub const fn on(allocator: A) -> CountingAllocator<A> {
        CountingAllocator(allocator)
    }
}

#[inline(always)]
fn count(at: *mut u8, bytes: i64) {
    if !at.is_null() {
        // Relaxed: a sum.
        BYTES[(at.addr() >> 12) % SHARDS]
            .0
            .fetch_add(bytes, Relaxed);
        if !COUNTING.load(Relaxed) {
            COUNTING.store(true, Relaxed);
        }
    }
}

// SAFETY: everything is done by the allocator below.
unsafe impl<A: GlobalAlloc> GlobalAlloc for CountingAllocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by this function's contract.
        let at = unsafe { self.0.alloc(layout) };
        count(at, layout.size() as i64);
        at
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by this function's contract.
        let at = unsafe { self.0.alloc_zeroed(layout) };
        count(at, layout.size() as i64);
        at
    }

    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(at, -(layout.size() as i64));
        // SAFETY: by this function's contract.
        unsafe { self.0.dealloc(at, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by this function's contract.
        let new = unsafe { self.0.realloc(at, layout, size) };
        if !new.is_null() {
            count(at, -(layout.size() as i64));
            count(new, size as i64);
        }
        new
    }
}

/// Whether the native heap is counted at all.
#[inline]
pub(crate) fn is_counted() -> bool {
    COUNTING.load(Relaxed)
}

/// Bytes that the native heap has given out; 0 if nobody counts.
pub(crate) fn bytes() -> u64 {
    if !is_counted() {
        return 0;
    }
    let sum: i64 = BYTES.iter().map(|shard| shard.0.load(Relaxed)).sum();
    // Read beside changes, it may be off.
    sum.max(0) as u64
}

/// What the native heap has grown by since the last collection.
pub(crate) fn growth() -> u64 {
    bytes().saturating_sub(BASE.load(Relaxed))
}

/// What was there after the last collection.
pub(crate) fn base() -> u64 {
    BASE.load(Relaxed)
}

/// A collection is over.
pub(crate) fn collected() {
    BASE.store(bytes(), Relaxed);
}

/// What it found dead has been dropped; tells whether that made a difference.
pub(crate) fn dropped() -> bool {
    is_counted() && {
        let now = bytes();
        BASE.fetch_min(now, Relaxed) > now
    }
}
