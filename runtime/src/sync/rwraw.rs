//! The lock of `RwMutex`: many readers, or one writer.
//!
//! ```text
//!   readers   how many have the lock or want it; less 2^30 once a writer wants it
//!   leaving   how many readers the writer at the head still waits for
//!   writers   a RawMutex: one writer at a time competes with the readers
//! ```
//!
//! A reader adds one to `readers`; if the sum is not negative, no writer is there and
//! it is in. A writer first becomes the only writer, then subtracts 2^30, which shuts
//! the door: readers that come now see a negative sum and wait, already counted. The
//! writer learns from its subtraction how many readers were in, and waits for that
//! many to leave; each that leaves and sees a negative sum counts `leaving` down, and
//! the last wakes the writer. (A reader may count down before the writer has added:
//! `leaving` is then negative for a moment.) A writer that leaves adds 2^30 again and
//! learns how many readers wait: all of them are let in before the next writer.
//!
//! A lock that is read often and hardly written has another way in for readers, which
//! does not count them: `bias`. The writer closes that way too, and waits for those
//! inside, when the counted have left: from then on nobody can open it.
//!
//! So a waiting writer holds back new readers, and readers that wait come before the
//! next writer: neither kind starves (Go's `sync/rwmutex.go`).

use super::bias::{Bias, Slot};
use super::raw::RawMutex;
use super::sema::Sema;
use crate::fence::fence_all_threads;
use crate::kernel::{self, WaitReason};
use crate::race;
use crate::sched::{MRef, m};
use crate::sim::hooks;
use std::panic::Location;
use std::sync::atomic::{
    AtomicI32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// More readers than can exist.
const WRITER: i32 = 1 << 30;

/// How a reader came in, and so how it leaves: by a slot, or counted.
pub(crate) type Entry = Option<&'static Slot>;

pub(crate) struct RawRwMutex {
    readers: AtomicI32,
    leaving: AtomicI32,
    bias: Bias,
    writers: RawMutex,
    readers_wait: Sema,
    writer_waits: Sema,
    /// The writer waits for readers that were not counted.
    slots_wait: Sema,
    /// What writers did, for all who come after; what readers did, for writers.
    written: race::Shared,
    read: race::Shared,
}

impl RawRwMutex {
    pub(crate) const fn new() -> Self {
        RawRwMutex {
            readers: AtomicI32::new(0),
            leaving: AtomicI32::new(0),
            bias: Bias::new(),
            writers: RawMutex::new(),
            readers_wait: Sema::new(),
            writer_waits: Sema::new(),
            slots_wait: Sema::new(),
            written: race::Shared::new(),
            read: race::Shared::new(),
        }
    }

    #[inline]
    pub(crate) fn read(&self, at: &'static Location<'static>) -> Entry {
        self.read_by_slot().or_else(|| {
            self.read_counted(at);
            None
        })
    }

    #[inline(always)]
    fn read_by_slot(&self) -> Entry {
        if !self.bias.is_on() || kernel::somebody_watches() {
            return None;
        }
        self.bias
            .enter(&m::current()?.reading, || self.tell_writer())
    }

    #[inline]
    fn read_counted(&self, at: &'static Location<'static>) {
        kernel::point();
        // Acquire: pairs with the release of the last writer.
        if self.readers.fetch_add(1, Acquire) < 0 {
            self.readers_wait
                .acquire(WaitReason::RwMutexRLock, at, self.address());
        } else if self.bias.counted() {
            self.lean();
        }
        race::watching(|m| self.entered(m, false, at));
    }

    /// Makes the lock lean towards readers, if this process can pay for the way back.
    #[cold]
    fn lean(&self) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        if !kernel::somebody_watches() && crate::sys::fence_all_threads() {
            // Relaxed: each gets a number of its own, and that is all.
            self.bias.switch_on(|| LAST.fetch_add(1, Relaxed) + 1);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_writer(&self) {
        self.slots_wait.release(1);
    }

    /// Waits for readers that were not counted, or (`None`) finds out whether there are
    /// any: `true` when there are none. All the counted have left.
    #[cold]
    #[inline(never)]
    fn wait_for_slots(&self, at: Option<&'static Location<'static>>) -> bool {
        self.bias.watch_leaving(fence_all_threads);
        let empty = loop {
            let mut somebody = false;
            // Inside, where nobody is stopped: the list of Ms has a spin lock.
            let here = kernel::enter_quietly();
            m::SLAB.for_each(|m| somebody |= self.bias.is_in(&m.reading));
            kernel::leave(here);
            match at {
                Some(at) if somebody => {
                    self.slots_wait
                        .acquire(WaitReason::RwMutexLock, at, self.address());
                }
                _ => break !somebody,
            }
        };
        self.bias.stop_watching(empty);
        // Those that left meanwhile have told it more often than it asked.
        self.slots_wait.forget_permits();
        empty
    }

    #[inline]
    pub(crate) fn try_read(&self, at: &'static Location<'static>) -> Option<Entry> {
        if let Some(slot) = self.read_by_slot() {
            return Some(Some(slot));
        }
        kernel::point();
        // Acquire: as in `read`.
        let taken = self
            .readers
            .fetch_update(Acquire, Relaxed, |n| (n >= 0).then_some(n + 1))
            .is_ok();
        if taken {
            race::watching(|m| self.entered(m, false, at));
        }
        taken.then_some(None)
    }

    #[inline]
    pub(crate) fn read_unlock(&self, entry: Entry) {
        if let Some(slot) = entry {
            return self.bias.leave(slot, || self.tell_writer());
        }
        race::point_watching(|m| self.leaves(m, false));
        // Release: the next writer comes after what we read.
        if self.readers.fetch_sub(1, Release) <= 0 {
            self.leave_writer_behind();
        }
    }

    #[cold]
    fn leave_writer_behind(&self) {
        // AcqRel: the writer comes after all readers, by way of the last of them.
        if self.leaving.fetch_sub(1, AcqRel) == 1 {
            self.writer_waits.release(1);
        }
    }

    pub(crate) fn write(&self, at: &'static Location<'static>) {
        self.writers
            .lock_for(WaitReason::RwMutexLock, at, Some(self.address()));
        // AcqRel: pairs with the releases of readers that have left, and readers
        // that come see it.
        let inside = self.readers.fetch_sub(WRITER, AcqRel);
        self.bias.switch_off();
        // AcqRel: as in `leave_writer_behind`.
        if inside != 0 && self.leaving.fetch_add(inside, AcqRel) + inside != 0 {
            self.writer_waits
                .acquire(WaitReason::RwMutexLock, at, self.address());
        }
        if self.bias.is_used() {
            self.wait_for_slots(Some(at));
        }
        race::watching(|m| self.entered(m, true, at));
    }

    pub(crate) fn try_write(&self, at: &'static Location<'static>) -> bool {
        if !self.writers.try_lock_for(at, Some(self.address())) {
            return false;
        }
        // Acquire: pairs with the releases of readers that have left.
        let free = self
            .readers
            .compare_exchange(0, -WRITER, Acquire, Relaxed)
            .is_ok();
        if !free {
            self.writers.unlock();
            return false;
        }
        if self.bias.is_used() && !self.wait_for_slots(None) {
            self.let_go();
            return false;
        }
        race::watching(|m| self.entered(m, true, at));
        true
    }

    pub(crate) fn write_unlock(&self) {
        race::point_watching(|m| self.leaves(m, true));
        self.let_go();
    }

    fn let_go(&self) {
        // Release: readers see what we wrote.
        let waiting = self.readers.fetch_add(WRITER, Release) + WRITER;
        if waiting != 0 {
            self.readers_wait.release(waiting as u32);
        }
        self.writers.unlock();
    }

    /// The writer becomes a reader, before any other writer.
    pub(crate) fn downgrade(&self, at: &'static Location<'static>) {
        race::point_watching(|m| {
            self.leaves(m, true);
            self.entered(m, false, at);
        });
        // Release: as in `write_unlock`; with ourselves among the readers.
        let waiting = self.readers.fetch_add(WRITER + 1, Release) + WRITER;
        if waiting != 0 {
            self.readers_wait.release(waiting as u32);
        }
        self.writers.unlock();
    }

    /// What reports know it by: not the address of the whole, which may be that of `writers`,
    /// too, and then whoever gives that back would be thought to give this back.
    fn address(&self) -> *const () {
        std::ptr::from_ref(&self.readers).cast()
    }

    /// The current goroutine has the lock, for reports and races.
    fn entered(&self, m: MRef, writes: bool, at: &'static Location<'static>) {
        self.written.acquire(m);
        if writes {
            self.read.acquire(m);
            hooks::took(m, self.address(), "write lock", "write lock", at);
        } else {
            hooks::took(m, self.address(), "read lock", "read lock", at);
        }
    }

    /// The current goroutine is about to give the lock back.
    fn leaves(&self, m: MRef, writes: bool) {
        if writes {
            self.written.release(m);
            hooks::gave(m, self.address(), "write unlock");
        } else {
            self.read.release(m);
            hooks::gave(m, self.address(), "read unlock");
        }
    }
}
