//! Platforms other than Linux: the same interface, compiled for macOS by `cargo xtask test`, and
//! not run. Waiting polls with a short sleep instead of a kernel queue; guards are `mprotect`ed pages.

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

/// Nothing to register: see `fence_all_threads`.
pub(crate) fn register_fences() {}

/// No such call is known here: Ps of threads in user code cannot be claimed, and a
/// plain blocking call keeps its P.
pub(crate) fn fence_all_threads() -> bool {
    false
}

/// Unknown here: threads are not signalled.
pub(crate) fn thread_id() -> i32 {
    0
}

/// Signals nobody: see `thread_id`.
pub(crate) fn signal_thread(_tid: i32, _signal: i32) {}

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(dead_code, reason = "the system does not say here")]
pub(crate) enum ThreadState {
    /// On a processor, or ready to be.
    Running,
    /// In a system call that waits.
    Blocked,
    /// The system does not say.
    Unknown,
}

/// What a thread does.
pub(crate) fn thread_state(_tid: i32) -> ThreadState {
    ThreadState::Unknown
}

/// CPU time a thread has used: unknown here.
pub(crate) fn thread_cpu_ns(_tid: i32) -> u64 {
    0
}

/// The calling thread's `errno`, which a signal handler must leave as it was.
pub(crate) fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// `errno` has another place on each system: it is left as it is.
pub(crate) fn set_errno(_value: i32) {}
