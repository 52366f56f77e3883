//! What the runtime needs from the operating system, and nothing else.
//!
//! Everything here is raw: no allocation, no locks of the standard library, no
//! thread-locals, so that all of it may be called inside the runtime (see
//! `kernel`'s first invariant). Linux is the platform that is proven; the
//! fallback keeps others compiling and says in its file what it lacks.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::*;

#[cfg(not(target_os = "linux"))]
mod fallback;
#[cfg(not(target_os = "linux"))]
pub(crate) use fallback::*;

mod pagevec;
pub(crate) use pagevec::PageVec;

/// Bytes in a page: what guards, slabs and stacks are rounded to.
pub(crate) fn page_size() -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: the value is a constant of the process; a race computes it twice.
    let known = SIZE.load(Ordering::Relaxed);
    if known != 0 {
        return known;
    }
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    SIZE.store(size, Ordering::Relaxed);
    size
}

/// Writes all of `text` to a file descriptor, without buffering and without a
/// lock that user code could hold. Errors are dropped: there is nobody to tell.
pub(crate) fn raw_write(fd: i32, mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the pointer and length describe a live slice.
        let n = unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
        if n > 0 {
            text = &text[n as usize..];
        } else if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
            return;
        }
    }
}

/// Nanoseconds on the monotonic clock, from an origin fixed at boot.
pub(crate) fn monotonic_ns() -> u64 {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `ts` is a valid place to write to; the clock always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// CPU time that the process has used, in nanoseconds.
pub(crate) fn process_cpu_ns() -> u64 {
    cpu_clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// CPU time that this thread has used, in nanoseconds.
pub(crate) fn own_cpu_ns() -> u64 {
    cpu_clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn cpu_clock(clock: libc::clockid_t) -> u64 {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as for the monotonic clock.
    unsafe { libc::clock_gettime(clock, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// Nanoseconds since 1970 on the wall clock.
pub(crate) fn realtime_ns() -> u64 {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: as for the monotonic clock.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &mut ts) };
    ts.tv_sec as u64 * 1_000_000_000 + ts.tv_nsec as u64
}

/// Reserves `bytes` of zeroed, readable and writable memory that is backed by
/// pages only once touched. `None` when the address space or a limit refuses.
pub(crate) fn reserve(bytes: usize) -> Option<std::ptr::NonNull<u8>> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new anonymous mapping at an address of the kernel's choice
    // touches no memory that exists.
    let at = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            flags,
            -1,
            0,
        )
    };
    if at == libc::MAP_FAILED {
        None
    } else {
        std::ptr::NonNull::new(at.cast())
    }
}

/// Gives a mapping made by [`reserve`] back.
///
/// # Safety
/// `at` and `bytes` are those of one [`reserve`], and nothing refers to it.
pub(crate) unsafe fn release(at: std::ptr::NonNull<u8>, bytes: usize) {
    // SAFETY: by this function's contract.
    unsafe { libc::munmap(at.as_ptr().cast(), bytes) };
}

/// Gives the pages in the range back to the system; they read as zero when
/// touched again.
///
/// # Safety
/// The range is page-aligned, part of one [`reserve`], and holds nothing live.
pub(crate) unsafe fn discard(at: *mut u8, bytes: usize) {
    // SAFETY: by this function's contract.
    unsafe { libc::madvise(at.cast(), bytes, libc::MADV_DONTNEED) };
}

/// The CPUs this process may use: its affinity and its cgroup's quota,
/// whichever is less, and at least one (`GOMAXPROCS`'s default in Go 1.25 on).
pub(crate) fn usable_cpus() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}
