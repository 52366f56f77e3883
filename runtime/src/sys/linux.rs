//! Linux: futex, guard regions, and looking at and signalling other threads.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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

/// Calls of the membarrier system call (`linux/membarrier.h`).
const MEMBARRIER_PRIVATE_EXPEDITED: i32 = 1 << 3;
const MEMBARRIER_REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;

/// Whether `fence_all_threads` works.
static FENCES: AtomicBool = AtomicBool::new(false);

/// Says once per process that `fence_all_threads` will be used.
pub(crate) fn register_fences() {
    // SAFETY: membarrier takes no pointers.
    let done = unsafe {
        libc::syscall(
            libc::SYS_membarrier,
            MEMBARRIER_REGISTER_PRIVATE_EXPEDITED,
            0,
            0,
        )
    };
    FENCES.store(done == 0, Ordering::Relaxed);
}

/// Makes every running thread of the process pass a full fence; `false` when the
/// kernel cannot (before Linux 4.14, or forbidden).
pub(crate) fn fence_all_threads() -> bool {
    // SAFETY: as above.
    FENCES.load(Ordering::Relaxed)
        && unsafe { libc::syscall(libc::SYS_membarrier, MEMBARRIER_PRIVATE_EXPEDITED, 0, 0) } == 0
}

/// This thread's number, as the kernel counts.
pub(crate) fn thread_id() -> i32 {
    // SAFETY: gettid has no preconditions.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// Sends a signal to one thread of this process.
pub(crate) fn signal_thread(tid: i32, signal: i32) {
    // SAFETY: a stale number is refused by the kernel.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ThreadState {
    /// On a processor, or ready to be.
    Running,
    /// In a system call that waits, or in a page fault.
    Blocked,
    /// The system does not say.
    Unknown,
}

/// Asks the system what a thread does: `/proc/self/task/T/syscall` reads `running`,
/// or the number of the call it waits in.
pub(crate) fn thread_state(tid: i32) -> ThreadState {
    let mut path = [0u8; 48];
    {
        use std::io::Write;
        // One byte stays zero: the end of the path.
        let mut at = &mut path[..47];
        if write!(at, "/proc/self/task/{tid}/syscall").is_err() {
            return ThreadState::Unknown;
        }
    }
    let mut text = [0u8; 8];
    // SAFETY: the path ends in a zero byte; the buffer is as long as said.
    let n = unsafe {
        let fd = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        if fd < 0 {
            return ThreadState::Unknown;
        }
        let n = libc::read(fd, text.as_mut_ptr().cast(), text.len());
        libc::close(fd);
        n
    };
    match n {
        1.. if text[0] == b'r' => ThreadState::Running,
        1.. => ThreadState::Blocked,
        _ => ThreadState::Unknown,
    }
}

/// CPU time a thread of this process has used, in nanoseconds; 0 if it has ended.
pub(crate) fn thread_cpu_ns(tid: i32) -> u64 {
    // The kernel's encoding of "the CPU clock of thread T" (`CPUCLOCK_SCHED`).
    let clock = (!tid << 3) | 6;
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid place to write to.
    if unsafe { libc::clock_gettime(clock, &mut ts) } != 0 {
        return 0;
    }
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// The calling thread's `errno`, which a signal handler must leave as it was.
pub(crate) fn errno() -> i32 {
    // SAFETY: the location is this thread's own.
    unsafe { *libc::__errno_location() }
}

/// Sets `errno`.
pub(crate) fn set_errno(value: i32) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = value };
}
