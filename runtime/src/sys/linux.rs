//! Linux: futex, guard regions.

use std::sync::atomic::AtomicU32;

/// `MADV_GUARD_INSTALL` (Linux 6.13): a guard without a mapping of its own.
const MADV_GUARD_INSTALL: i32 = 102;

/// Sleeps while `*word == expected`, at most `timeout_ns`. May wake spuriously.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, timeout_ns: Option<u64>) {
    let ts = timeout_ns.map(|ns| libc::timespec {
        tv_sec: (ns / 1_000_000_000) as i64,
        tv_nsec: (ns % 1_000_000_000) as i64,
    });
    let ts_ptr = ts
        .as_ref()
        .map_or(std::ptr::null(), |t| t as *const libc::timespec);
    // SAFETY: the word outlives the call; the timeout is null or a live timespec.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            ts_ptr,
        );
    }
}

/// Wakes at most `n` threads that sleep on `word`.
pub(crate) fn futex_wake(word: &AtomicU32, n: u32) {
    // SAFETY: FUTEX_WAKE only uses the address as a key.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            n,
        );
    }
}

/// Makes a range fault on every access. The light kind of guard needs no
/// mapping of its own (`vm.max_map_count` ends mprotect'd stacks at about
/// 32,000); kernels before 6.13 get `mprotect`.
///
/// # Safety
/// The range is page-aligned, part of one [`super::reserve`], and unused.
pub(crate) unsafe fn install_guard(at: *mut u8, bytes: usize) -> bool {
    // SAFETY: by this function's contract.
    if unsafe { libc::madvise(at.cast(), bytes, MADV_GUARD_INSTALL) } == 0 {
        return true;
    }
    // SAFETY: by this function's contract.
    unsafe { libc::mprotect(at.cast(), bytes, libc::PROT_NONE) == 0 }
}

/// Keeps huge pages away: one touched page is what a goroutine should cost.
///
/// # Safety
/// The range is page-aligned and part of one [`super::reserve`].
pub(crate) unsafe fn no_huge_pages(at: *mut u8, bytes: usize) {
    // SAFETY: by this function's contract; the advice does not change contents.
    unsafe { libc::madvise(at.cast(), bytes, libc::MADV_NOHUGEPAGE) };
}
