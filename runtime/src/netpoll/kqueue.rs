//! The kernel's readiness queue on macOS and the BSDs: kqueue. The other side of
//! the seam that `epoll.rs` describes. It compiles, and has not been run.
//!
//! A poke is a user event; a bell is a pipe, since there is no eventfd.

use super::{READ, UNSURE, WRITE};
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

const BATCH: usize = 128;
/// Ident of the user event that is the poke.
const POKE: usize = 0;

/// Zeroed: not open. The descriptor is stored plus one.
pub(super) struct Queue {
    kqueue: AtomicI32,
}

fn change(ident: usize, filter: i16, flags: u16, fflags: u32, tag: u64) -> libc::kevent {
    // SAFETY: a kevent is plain data; platforms differ in its further fields.
    let mut event: libc::kevent = unsafe { std::mem::zeroed() };
    event.ident = ident as _;
    event.filter = filter as _;
    event.flags = flags as _;
    event.fflags = fflags;
    event.udata = tag as usize as *mut libc::c_void;
    event
}

impl Queue {
    pub(super) fn is_open(&self) -> bool {
        // Relaxed: set before the queue is handed out.
        self.kqueue.load(Relaxed) != 0
    }

    /// # Errors
    /// The errno of the call that failed.
    pub(super) fn open(&self) -> Result<(), i32> {
        // SAFETY: no preconditions.
        let kqueue = unsafe { libc::kqueue() };
        if kqueue < 0 {
            return Err(super::errno());
        }
        // SAFETY: the descriptor is ours.
        unsafe { libc::fcntl(kqueue, libc::F_SETFD, libc::FD_CLOEXEC) };
        self.kqueue.store(kqueue + 1, Relaxed);
        self.submit(change(
            POKE,
            libc::EVFILT_USER as i16,
            (libc::EV_ADD | libc::EV_CLEAR) as u16,
            0,
            0,
        ))
    }

    fn submit(&self, event: libc::kevent) -> Result<(), i32> {
        let kqueue = self.kqueue.load(Relaxed) - 1;
        let none = std::ptr::null_mut();
        // SAFETY: one live change, no room for events.
        match unsafe { libc::kevent(kqueue, &event, 1, none, 0, std::ptr::null()) } {
            n if n >= 0 => Ok(()),
            _ => Err(super::errno()),
        }
    }

    /// As in `epoll.rs`.
    pub(super) fn watch(&self, fd: i32, tag: u64, had: u8, want: u8) -> Result<(), i32> {
        let flags = (libc::EV_ADD | libc::EV_CLEAR) as u16;
        let new = want & !had;
        if new & READ != 0 {
            self.submit(change(fd as usize, libc::EVFILT_READ as i16, flags, 0, tag))?;
        }
        if new & WRITE != 0 {
            self.submit(change(
                fd as usize,
                libc::EVFILT_WRITE as i16,
                flags,
                0,
                tag,
            ))?;
        }
        Ok(())
    }

    /// As in `epoll.rs`.
    pub(super) fn forget(&self, fd: i32) {
        for filter in [libc::EVFILT_READ, libc::EVFILT_WRITE] {
            let _ = self.submit(change(
                fd as usize,
                filter as i16,
                libc::EV_DELETE as u16,
                0,
                0,
            ));
        }
    }

    /// As in `epoll.rs`.
    pub(super) fn wait(&self, timeout: Option<u64>, mut event: impl FnMut(u64, u8)) -> bool {
        let kqueue = self.kqueue.load(Relaxed) - 1;
        // SAFETY: plain data.
        let mut events: [libc::kevent; BATCH] = unsafe { std::mem::zeroed() };
        let spec = timeout.map(|ns| libc::timespec {
            tv_sec: (ns / 1_000_000_000) as _,
            tv_nsec: (ns % 1_000_000_000) as _,
        });
        let spec = spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let none = std::ptr::null();
        // SAFETY: room for as many events; the timeout is null or alive.
        let n = unsafe { libc::kevent(kqueue, none, 0, events.as_mut_ptr(), BATCH as _, spec) };
        let mut poked = false;
        for e in &events[..n.max(0) as usize] {
            let filter = e.filter as i32;
            if filter == libc::EVFILT_USER as i32 {
                poked = true;
                continue;
            }
            let mut ready = match filter {
                f if f == libc::EVFILT_READ as i32 => READ,
                _ => WRITE,
            };
            if e.flags as u32 & (libc::EV_EOF | libc::EV_ERROR) as u32 != 0 {
                ready |= READ | UNSURE;
            }
            event(e.udata as usize as u64, ready);
        }
        poked
    }

    /// As in `epoll.rs`.
    pub(super) fn poke(&self) {
        let _ = self.submit(change(
            POKE,
            libc::EVFILT_USER as i16,
            0,
            libc::NOTE_TRIGGER,
            0,
        ));
    }
}

/// What wakes one plain thread that waits in poll(2).
pub(super) struct Bell {
    read: i32,
    write: i32,
}

impl Bell {
    /// # Errors
    /// When the process has no descriptor left.
    pub(super) fn new() -> std::io::Result<Bell> {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        for fd in ends {
            // SAFETY: both are ours.
            unsafe {
                libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
                libc::fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK);
            }
        }
        let [read, write] = ends;
        Ok(Bell { read, write })
    }

    /// To poll for reading.
    pub(super) fn fd(&self) -> i32 {
        self.read
    }

    /// What `ring_bell` takes.
    pub(super) fn rope(&self) -> i32 {
        self.write
    }

    pub(super) fn clear(&self) {
        let mut sink = [0u8; 64];
        // SAFETY: room for as many bytes.
        while unsafe { libc::read(self.read, sink.as_mut_ptr().cast(), sink.len()) } == 64 {}
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        for fd in [self.read, self.write] {
            // SAFETY: ours.
            unsafe { libc::close(fd) };
        }
    }
}

/// Rings the bell of this rope, which is alive.
pub(super) fn ring_bell(rope: i32) {
    // SAFETY: one live byte.
    unsafe { libc::write(rope, [1u8].as_ptr().cast(), 1) };
}
