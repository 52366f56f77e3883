//! The ends of a channel, counted by what they can do.
//!
//! Each handle holds the channel (`shared`) and is counted once more in the channel,
//! as one that can send, one that can receive, or both. As in Go these counts close
//! nothing and wake nobody. They are for reports: a goroutine that waits to receive
//! while no handle can send waits for ever (`leaks`), and no handle that can send will
//! ever be made again, because each is made from another one of its kind.
//!
//! A handle that has moved into the collected heap is counted for good: when its object
//! is dropped the channel may be gone. A goroutine that waits for one is never reported.
//!
//! A count reaches zero only after the last operation on such a handle has ended, as
//! operations borrow it.

use super::core::Core;
use super::quiet::SEND;
use super::shared::Handle;
use crate::kernel::{Ask, Outlook};
use crate::leaks::Hopeless;
use crate::sched::GRef;
use std::mem::ManuallyDrop;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A handle that can send.
pub(super) const SENDS: u64 = 1;
/// A handle that can receive.
pub(super) const RECEIVES: u64 = 1 << 32;
/// A handle that can do both.
pub(super) const BOTH: u64 = SENDS | RECEIVES;

/// More handles than this of a kind, forgotten ones included, are a mistake; long
/// before the count of one kind runs into the other's.
const TOO_MANY: u64 = 1 << 31;

/// How many handles can do what.
pub(super) struct Ends(AtomicU64);

impl Ends {
    pub(super) const fn new() -> Ends {
        Ends(AtomicU64::new(0))
    }

    #[inline]
    fn add(&self, end: u64) {
        // Relaxed: made from a handle, which keeps its count from reaching zero.
        let before = self.0.fetch_add(end, Relaxed);
        if before & (TOO_MANY | TOO_MANY << 32) != 0 {
            too_many();
        }
    }

    #[inline]
    fn remove(&self, end: u64) {
        // Release: whoever sees zero sees all that was done with the handle.
        self.0.fetch_sub(end, Release);
    }

    /// Handles that can send, and that can receive.
    pub(super) fn counts(&self) -> (u32, u32) {
        // Acquire: as above.
        let word = self.0.load(Acquire);
        (word as u32, (word >> 32) as u32)
    }
}

#[cold]
fn too_many() -> ! {
    crate::fatal::fatal(format_args!(
        "marmota: a channel has more than two thousand million handles; something clones them and forgets them"
    ))
}

impl<T> Core<T> {
    /// `g` is about to wait here; `ask` tells whether that can end.
    #[inline]
    pub(super) fn tell(&self, g: GRef, ask: Ask) {
        // SAFETY: the goroutine's frame borrows the channel while it waits.
        unsafe { g.can_be_asked(ask, std::ptr::from_ref(self).cast()) };
    }

    /// An `Ask` for one that waits to receive.
    ///
    /// # Safety
    /// `core` is a channel of this type.
    pub(super) unsafe fn can_be_sent(core: *const ()) -> Outlook {
        // SAFETY: by this function's contract.
        unsafe { &*core.cast::<Core<T>>() }.outlook(super::quiet::RECV)
    }

    /// An `Ask` for one that waits to send.
    ///
    /// # Safety
    /// As for `can_be_sent`.
    pub(super) unsafe fn can_be_received(core: *const ()) -> Outlook {
        // SAFETY: by this function's contract.
        unsafe { &*core.cast::<Core<T>>() }.outlook(SEND)
    }

    /// Whether waiting in this direction can end. The clock sends on a timer's channel.
    pub(super) fn outlook(&self, direction: u64) -> Outlook {
        match self.ends.counts() {
            (_, 0) if direction == SEND => Outlook::Never(Hopeless::NoReceiver),
            (0, _) if direction != SEND && self.timer.is_none() => {
                Outlook::Never(Hopeless::NoSender)
            }
            _ => Outlook::Open,
        }
    }
}

/// One handle's hold on a channel; `None` is nil.
pub(super) struct End<T, const E: u64> {
    pub(super) core: Option<Handle<T>>,
}

impl<T, const E: u64> End<T, E> {
    pub(super) fn new(core: Core<T>) -> Self {
        core.ends.add(E);
        End {
            core: Some(Handle::new(core)),
        }
    }

    pub(super) const fn nil() -> Self {
        End { core: None }
    }

    /// Another end of the same channel, which this one can do as well.
    pub(super) fn other<const F: u64>(&self) -> End<T, F> {
        const { assert!(E & F == F, "an end gives no right that it has not") }
        if let Some(core) = &self.core {
            core.ends.add(F);
        }
        End {
            core: self.core.clone(),
        }
    }

    /// This end as one that can do less.
    pub(super) fn only<const F: u64>(self) -> End<T, F> {
        const { assert!(E & F == F, "an end gives no right that it has not") }
        if let Some(core) = &self.core {
            core.ends.remove(E & !F);
        }
        let mut this = ManuallyDrop::new(self);
        End {
            core: this.core.take(),
        }
    }
}

impl<T, const E: u64> Clone for End<T, E> {
    #[inline]
    fn clone(&self) -> Self {
        self.other()
    }
}

impl<T, const E: u64> Drop for End<T, E> {
    #[inline]
    fn drop(&mut self) {
        // One in a dead object may have outlived the channel.
        if let Some(core) = self.core.as_ref().filter(|core| !core.is_inside()) {
            core.ends.remove(E);
        }
    }
}
