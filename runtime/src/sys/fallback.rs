//! Platforms other than Linux: the same interface, neither compiled nor run here. Waiting polls with
//! a short sleep instead of a kernel queue; guards are `mprotect`ed pages.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Sleeps while `*word == expected`, at most `timeout_ns`. May wake spuriously.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, timeout_ns: Option<u64>) {
    let end = timeout_ns.map(|ns| Instant::now() + Duration::from_nanos(ns));
    let mut nap = Duration::from_micros(5);
    // Acquire: pairs with the store made before `futex_wake`.
    while word.load(Ordering::Acquire) == expected {
        if end.is_some_and(|end| Instant::now() >= end) {
            return;
        }
        std::thread::sleep(nap);
        nap = (nap * 2).min(Duration::from_micros(500));
    }
}

/// Wakes threads that sleep on `word`: they poll, so there is nothing to do.
pub(crate) fn futex_wake(_word: &AtomicU32, _n: u32) {}

/// Makes a range fault on every access.
///
/// # Safety
/// The range is page-aligned, part of one [`super::reserve`], and unused.
pub(crate) unsafe fn install_guard(at: *mut u8, bytes: usize) -> bool {
    // SAFETY: by this function's contract.
    unsafe { libc::mprotect(at.cast(), bytes, libc::PROT_NONE) == 0 }
}

/// Keeps huge pages away; only Linux makes them on its own.
///
/// # Safety
/// None needed; the signature is the platform seam's.
pub(crate) unsafe fn no_huge_pages(_at: *mut u8, _bytes: usize) {}
