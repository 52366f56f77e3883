//! The kernel's readiness queue on Linux: epoll.
//!
//! This file and `kqueue.rs` are the two sides of one seam; the rest of the poller
//! knows `Queue` (watch a descriptor, wait for events, poke who waits) and `Bell`
//! (wake one plain thread out of poll(2)).
//!
//! Descriptors are watched edge-triggered: an event says "this became ready since
//! you last heard", once, and costs no second system call to switch off. A poke is
//! a write to an eventfd that is watched edge-triggered as well, so that nobody has
//! to read it; see `Poller` for who passes on a poke that was not meant for him.

use super::{READ, UNSURE, WRITE};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicI32};

/// Events taken from the kernel at once (Go's number).
const BATCH: usize = 128;

/// Tag of the eventfd; a descriptor's tag is never 0.
const POKE: u64 = 0;

/// Zeroed: not open. Descriptors are stored plus one.
pub(super) struct Queue {
    epoll: AtomicI32,
    poke: AtomicI32,
}

impl Queue {
    pub(super) fn is_open(&self) -> bool {
        // Relaxed: set before the queue is handed out.
        self.epoll.load(Relaxed) != 0
    }

    /// # Errors
    /// The errno of the call that failed.
    pub(super) fn open(&self) -> Result<(), i32> {
        // SAFETY: no preconditions.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(super::errno());
        }
        // SAFETY: no preconditions.
        let poke = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        let watched = if poke < 0 {
            Err(super::errno())
        } else {
            let flags = (libc::EPOLLIN | libc::EPOLLET) as u32;
            control(epoll, libc::EPOLL_CTL_ADD, poke, flags, POKE)
        };
        if let Err(errno) = watched {
            for fd in [epoll, poke] {
                // SAFETY: ours, or -1, which is refused.
                unsafe { libc::close(fd) };
            }
            return Err(errno);
        }
        self.poke.store(poke + 1, Relaxed);
        self.epoll.store(epoll + 1, Relaxed);
        Ok(())
    }

    fn epoll(&self) -> i32 {
        self.epoll.load(Relaxed) - 1
    }

    /// Watches `fd` for the directions in `want`; `had` are those it is watched
    /// for already. What is ready now comes as an event too.
    ///
    /// # Errors
    /// The errno of epoll_ctl.
    pub(super) fn watch(&self, fd: i32, tag: u64, had: u8, want: u8) -> Result<(), i32> {
        let mut flags = libc::EPOLLET | libc::EPOLLRDHUP;
        if want & READ != 0 {
            flags |= libc::EPOLLIN | libc::EPOLLPRI;
        }
        if want & WRITE != 0 {
            flags |= libc::EPOLLOUT;
        }
        let op = if had == 0 {
            libc::EPOLL_CTL_ADD
        } else {
            libc::EPOLL_CTL_MOD
        };
        control(self.epoll(), op, fd, flags as u32, tag)
    }

    /// Watches `fd` no longer.
    pub(super) fn forget(&self, fd: i32) {
        let _ = control(self.epoll(), libc::EPOLL_CTL_DEL, fd, 0, 0);
    }

    /// Waits for events, at most `timeout` nanoseconds (`None`: without end), and
    /// tells each one's tag and directions. `true` if a poke was among them.
    pub(super) fn wait(&self, timeout: Option<u64>, mut event: impl FnMut(u64, u8)) -> bool {
        let mut events = [const { libc::epoll_event { events: 0, u64: 0 } }; BATCH];
        let n = wait(self.epoll(), &mut events, timeout);
        let mut poked = false;
        for &libc::epoll_event { events, u64: tag } in &events[..n.clamp(0, BATCH as i32) as usize]
        {
            if tag == POKE {
                poked = true;
                continue;
            }
            let events = events as i32;
            let mut ready = 0;
            if events & (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLPRI) != 0 {
                ready |= READ;
            }
            if events & libc::EPOLLOUT != 0 {
                ready |= WRITE;
            }
            if events & (libc::EPOLLHUP | libc::EPOLLERR) != 0 {
                ready |= READ | WRITE;
            }
            let end = libc::EPOLLRDHUP | libc::EPOLLHUP | libc::EPOLLERR;
            if events & (end | libc::EPOLLPRI) != 0 {
                ready |= UNSURE;
            }
            event(tag, ready);
        }
        poked
    }

    /// Ends the wait of one thread, or the next wait if nobody waits.
    pub(super) fn poke(&self) {
        let fd = self.poke.load(Relaxed) - 1;
        if ring(fd) == Err(libc::EAGAIN) {
            // The counter is full, after 2^64 pokes: empty it, and again.
            clear(fd);
            let _ = ring(fd);
        }
    }
}

fn control(epoll: i32, op: i32, fd: i32, events: u32, tag: u64) -> Result<(), i32> {
    let mut event = libc::epoll_event { events, u64: tag };
    // SAFETY: `event` lives for the call; the kernel checks the descriptors.
    match unsafe { libc::epoll_ctl(epoll, op, fd, &mut event) } {
        0 => Ok(()),
        _ => Err(super::errno()),
    }
}

/// epoll_pwait2 (Linux 5.11) counts in nanoseconds; before it, milliseconds,
/// rounded up, have to do, and timers are late by at most one.
fn wait(epoll: i32, events: &mut [libc::epoll_event; BATCH], timeout: Option<u64>) -> i32 {
    static OLD_KERNEL: AtomicBool = AtomicBool::new(false);
    let (at, room) = (events.as_mut_ptr(), BATCH as i32);
    let coarse = match timeout {
        None => -1,
        Some(ns) => ns.div_ceil(1_000_000).min(i32::MAX as u64) as i32,
    };
    // Relaxed: a constant of the process, found out at most a few times.
    if coarse <= 0 || OLD_KERNEL.load(Relaxed) {
        // SAFETY: `events` has room for as many.
        return unsafe { libc::epoll_wait(epoll, at, room, coarse) };
    }
    let ns = timeout.unwrap_or(0);
    let spec = libc::timespec {
        tv_sec: (ns / 1_000_000_000) as _,
        tv_nsec: (ns % 1_000_000_000) as _,
    };
    let (spec, no_mask) = (&raw const spec, std::ptr::null::<libc::sigset_t>());
    // SAFETY: as above; the timeout lives for the call; no signal mask.
    let n = unsafe { libc::syscall(libc::SYS_epoll_pwait2, epoll, at, room, spec, no_mask, 0) };
    if n < 0 && super::errno() == libc::ENOSYS {
        OLD_KERNEL.store(true, Relaxed);
        return wait(epoll, events, timeout);
    }
    n as i32
}

fn ring(eventfd: i32) -> Result<(), i32> {
    let one = 1u64;
    // SAFETY: eight live bytes, as an eventfd wants them.
    match unsafe { libc::write(eventfd, (&raw const one).cast(), 8) } {
        8 => Ok(()),
        _ => Err(super::errno()),
    }
}

fn clear(eventfd: i32) {
    let mut count = 0u64;
    // SAFETY: room for eight bytes.
    unsafe { libc::read(eventfd, (&raw mut count).cast(), 8) };
}

/// What wakes one plain thread that waits in poll(2).
pub(super) struct Bell(i32);

impl Bell {
    /// # Errors
    /// When the process has no descriptor left.
    pub(super) fn new() -> std::io::Result<Bell> {
        // SAFETY: no preconditions.
        match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
            fd if fd >= 0 => Ok(Bell(fd)),
            _ => Err(std::io::Error::last_os_error()),
        }
    }

    /// To poll for reading.
    pub(super) fn fd(&self) -> i32 {
        self.0
    }

    /// What `ring_bell` takes.
    pub(super) fn rope(&self) -> i32 {
        self.0
    }

    pub(super) fn clear(&self) {
        clear(self.0);
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        // SAFETY: ours.
        unsafe { libc::close(self.0) };
    }
}

/// Rings the bell of this rope, which is alive.
pub(super) fn ring_bell(rope: i32) {
    let _ = ring(rope);
}
