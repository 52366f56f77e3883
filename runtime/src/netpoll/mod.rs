//! The network poller: goroutines that wait for sockets cost no thread.
//!
//! ```text
//!   socket operation            non-blocking; "would block" leads to Desc::wait
//!      |
//!   desc.rs    one descriptor's waiting: queues, events, deadlines, closing
//!      |
//!   Poller     one kernel queue per runtime, opened at its first wait
//!      |
//!   epoll.rs | kqueue.rs        the seam to the system
//! ```
//!
//! Who polls (Go's `runtime/netpoll.go` has the same three):
//! - a thread that looks for work asks without waiting, before it steals;
//! - the one idle thread that would sleep until the next timer (`sched::idle`, "the
//!   sleeper") sleeps in the kernel queue instead, and is poked out of it for
//!   other work or an earlier timer;
//! - sysmon, when nobody has for 10 ms, because all are busy.
//!
//! A poll gives goroutines that are ready to run; where they go is the caller's
//! business, since only he knows whether he holds a P.
//!
//! **Pokes.** A poke is meant for the thread that waits in the queue, but any
//! thread that polls may be the one that gets it. So whoever gets one looks
//! whether somebody (else) waits in the queue, and if so pokes again. It ends,
//! because who waits leaves the queue when poked.
//!
//! **Runtimes end, pollers do not.** When a runtime has ended its poller goes to
//! the next one that asks. Descriptors of abandoned goroutines may still be
//! watched in it, and late threads of the old runtime may still poll it; both are
//! harmless, because a ready goroutine always goes to its own runtime, and an
//! event without a meaning only makes somebody look twice.

mod desc;
#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "epoll.rs"]
mod queue;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[path = "kqueue.rs"]
mod queue;
mod thread;

pub(crate) use desc::{Desc, Side, Stopped};

use crate::sched::{GRef, Home, Rt, Status};
use crate::slab::{Slab, Zeroed};
use queue::Queue;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Directions, as bits.
pub(crate) const READ: u8 = 1;
pub(crate) const WRITE: u8 = 2;
/// With a direction in an event: the peer has ended, the socket failed, or there
/// is urgent data, at which a read stops short. From then on a short read is no
/// proof that there is nothing more.
const UNSURE: u8 = 4;

/// After that long without a poll, sysmon polls (Go's number).
const NEGLECTED_NS: u64 = 10_000_000;

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

pub(crate) struct Poller {
    queue: Queue,
    /// Threads that wait in the queue, or are about to.
    waiting: AtomicU32,
    /// When somebody last polled.
    polled_at: AtomicU64,
}

// SAFETY: zeroed atomics; a zeroed queue is one that is not open.
unsafe impl Zeroed for Poller {}

static SLAB: Slab<Poller> = Slab::new();

/// Goroutines that are ready to run, linked through `G::next`.
#[derive(Default)]
pub(crate) struct ReadyList {
    ends: Option<(GRef, GRef)>,
}

impl ReadyList {
    pub(crate) const fn new() -> Self {
        ReadyList { ends: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    /// Appends a goroutine that is in no queue.
    pub(crate) fn push(&mut self, g: GRef) {
        g.next.set(None);
        self.ends = match self.ends {
            None => Some((g, g)),
            Some((first, last)) => {
                last.next.set(Some(g));
                Some((first, g))
            }
        };
    }
}

/// Takes them out, first in, first out.
impl Iterator for ReadyList {
    type Item = GRef;
    fn next(&mut self) -> Option<GRef> {
        let (first, last) = self.ends?;
        self.ends = first.next.take().map(|next| (next, last));
        Some(first)
    }
}

impl Poller {
    /// Whether a thread waits in the queue, so that nobody else needs to look.
    pub(crate) fn is_attended(&self) -> bool {
        self.waiting.load(SeqCst) != 0
    }

    /// Looks without waiting.
    pub(crate) fn look(&self, rt: &'static Rt) -> ReadyList {
        let (list, poked) = self.take_events(rt, Some(0));
        self.pass_on(poked);
        list
    }

    /// The caller is about to wait, and may be poked from here on.
    pub(crate) fn attend(&self) -> Attending<'_> {
        // SeqCst: before anybody may poke us, and seen by whoever gets that poke in our
        // place (see "Pokes").
        self.waiting.fetch_add(1, SeqCst);
        Attending { poller: self }
    }

    /// Ends the wait of the thread that waits, or its next one.
    pub(crate) fn poke(&self) {
        self.queue.poke();
    }

    fn pass_on(&self, poked: bool) {
        if poked && self.waiting.load(SeqCst) != 0 {
            self.queue.poke();
        }
    }

    fn take_events(&self, rt: &'static Rt, timeout: Option<u64>) -> (ReadyList, bool) {
        let mut list = ReadyList::new();
        let poked = self.queue.wait(timeout, |tag, ready| {
            Desc::event(tag, ready, |g| deliver(rt, g, &mut list));
        });
        // Relaxed: read by sysmon as a measure of neglect.
        self.polled_at.store(crate::sys::monotonic_ns(), Relaxed);
        (list, poked)
    }
}

/// One of the threads that wait in the queue.
pub(crate) struct Attending<'a> {
    poller: &'a Poller,
}

impl Attending<'_> {
    /// Waits for events, at most `timeout` nanoseconds, or for a poke.
    pub(crate) fn wait(self, rt: &'static Rt, timeout: Option<u64>) -> ReadyList {
        let poller = self.poller;
        let (list, poked) = poller.take_events(rt, timeout);
        drop(self);
        poller.pass_on(poked);
        list
    }
}

impl Drop for Attending<'_> {
    fn drop(&mut self) {
        self.poller.waiting.fetch_sub(1, SeqCst);
    }
}

/// To the list if it is of `rt`, else to its own runtime.
fn deliver(rt: &'static Rt, g: GRef, list: &mut ReadyList) {
    debug_assert_eq!(g.home.get(), Home::Parallel);
    g.set_status(Status::Runnable);
    match g.rt.get() {
        Some(of) if !std::ptr::eq(of, rt) => of.inject(g),
        _ => list.push(g),
    }
}

impl Rt {
    /// The poller, if this runtime has needed one.
    #[inline(always)]
    pub(crate) fn poller(&self) -> Option<&'static Poller> {
        // Acquire: pairs with the release in `open_poller`.
        let poller = self.poller.load(std::sync::atomic::Ordering::Acquire);
        // SAFETY: null, or from a `&'static Poller`.
        unsafe { poller.as_ref() }
    }

    /// The poller, opened if need be.
    ///
    /// # Errors
    /// The errno, when the process has no descriptor left for it.
    #[inline]
    fn poller_or_open(&'static self) -> Result<&'static Poller, i32> {
        match self.poller() {
            Some(poller) => Ok(poller),
            None => self.open_poller(),
        }
    }

    #[cold]
    fn open_poller(&'static self) -> Result<&'static Poller, i32> {
        let poller = SLAB.alloc_one();
        if !poller.queue.is_open()
            && let Err(errno) = poller.queue.open()
        {
            SLAB.free(std::iter::once(poller));
            return Err(errno);
        }
        let at = std::ptr::from_ref(poller).cast_mut();
        // Under the scheduler's lock: a thread that decides where to sleep sees it.
        let state = self.state.lock();
        if let Some(other) = self.poller() {
            drop(state);
            SLAB.free(std::iter::once(poller));
            return Ok(other);
        }
        // Release: pairs with `poller`.
        self.poller.store(at, std::sync::atomic::Ordering::Release);
        if let Some(m) = state.sleeper.or(state.idle_m) {
            // It sleeps on its own word, and is to sleep in the queue.
            self.poke_m(m);
        }
        Ok(poller)
    }

    /// The runtime has ended: somebody else may have its poller.
    pub(crate) fn release_poller(&'static self) {
        if let Some(poller) = self.poller() {
            SLAB.free(std::iter::once(poller));
        }
    }

    /// Whether to look for network events: somebody waits for one, and nobody
    /// waits in the queue already.
    #[inline]
    pub(crate) fn poll_is_due(&self) -> Option<&'static Poller> {
        let poller = self.poller()?;
        // Relaxed: a goroutine that begins to wait now is found by the next look.
        (self.io_waiters.load(Relaxed) != 0 && !poller.is_attended()).then_some(poller)
    }

    /// By sysmon: all others are too busy to poll.
    pub(crate) fn poll_if_neglected(&'static self, now: u64) -> bool {
        let Some(poller) = self.poll_is_due() else {
            return false;
        };
        if now.saturating_sub(poller.polled_at.load(Relaxed)) < NEGLECTED_NS {
            return false;
        }
        let list = poller.look(self);
        let found = !list.is_empty();
        if found {
            self.inject_all(list);
        }
        found
    }
}
