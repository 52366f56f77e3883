//! Waiting on a plain thread: poll(2) on the descriptor and on the thread's bell.
//!
//! The thread stands in the descriptor's queue like a goroutine, so that closing,
//! a new deadline and a share in an event reach it; whoever wakes it rings the
//! bell, and does so under the descriptor's lock, while the thread cannot have
//! left. The kernel tells it of readiness by itself: no runtime need exist.

use super::queue::Bell;
use super::{READ, errno};
use std::cell::OnceCell;
use std::io;

thread_local! {
    static BELL: OnceCell<Bell> = const { OnceCell::new() };
}

/// Calls `f` with this thread's bell.
///
/// # Errors
/// When the process has no descriptor left for one.
pub(super) fn with_bell<R>(f: impl FnOnce(&Bell) -> R) -> io::Result<R> {
    let made = BELL.try_with(|slot| {
        if slot.get().is_none() {
            let _ = slot.set(Bell::new()?);
        }
        io::Result::Ok(())
    });
    match made {
        Ok(made) => {
            made?;
            Ok(BELL.with(|slot| f(slot.get().expect("just made"))))
        }
        // The thread is ending and its bell is gone: one for this time.
        Err(_) => Ok(f(&Bell::new()?)),
    }
}

/// Waits until `fd` is ready, the bell rings, or `timeout` nanoseconds are over.
pub(super) fn wait(fd: i32, direction: u8, bell: &Bell, timeout: Option<u64>) {
    let events = if direction == READ {
        libc::POLLIN
    } else {
        libc::POLLOUT
    };
    let entry = |fd, events| libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    let mut entries = [entry(fd, events), entry(bell.fd(), libc::POLLIN)];
    let ms = timeout.map_or(-1, |ns| ns.div_ceil(1_000_000).min(i32::MAX as u64) as i32);
    // SAFETY: two live entries.
    let n = unsafe { libc::poll(entries.as_mut_ptr(), 2, ms) };
    if n > 0 && entries[1].revents != 0 {
        bell.clear();
    }
    debug_assert!(
        n >= 0 || errno() == libc::EINTR,
        "poll(2) of a live descriptor"
    );
}
