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
//! So a waiting writer holds back new readers, and readers that wait come before the
//! next writer: neither kind starves (Go's `sync/rwmutex.go`).

use super::raw::RawMutex;
use super::sema::Sema;
use crate::kernel::WaitReason;
use crate::race;
use crate::sched::MRef;
use crate::sim::hooks;
use std::panic::Location;
use std::sync::atomic::{
    AtomicI32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

/// More readers than can exist.
const WRITER: i32 = 1 << 30;

pub(crate) struct RawRwMutex {
    readers: AtomicI32,
    leaving: AtomicI32,
    writers: RawMutex,
    readers_wait: Sema,
    writer_waits: Sema,
    /// What writers did, for all who come after; what readers did, for writers.
    written: race::Shared,
    read: race::Shared,
}

impl RawRwMutex {
    pub(crate) const fn new() -> Self {
        RawRwMutex {
            readers: AtomicI32::new(0),
            leaving: AtomicI32::new(0),
            writers: RawMutex::new(),
            readers_wait: Sema::new(),
            writer_waits: Sema::new(),
            written: race::Shared::new(),
            read: race::Shared::new(),
        }
    }

    #[inline]
    pub(crate) fn read(&self, at: &'static Location<'static>) {
        crate::kernel::point();
        // Acquire: pairs with the release of the last writer.
        if self.readers.fetch_add(1, Acquire) < 0 {
            self.readers_wait
                .acquire(WaitReason::RwMutexRLock, at, self.address());
        }
        race::watching(|m| self.entered(m, false, at));
    }

    #[inline]
    pub(crate) fn try_read(&self, at: &'static Location<'static>) -> bool {
        crate::kernel::point();
        // Acquire: as in `read`.
        let taken = self
            .readers
            .fetch_update(Acquire, Relaxed, |n| (n >= 0).then_some(n + 1))
            .is_ok();
        if taken {
            race::watching(|m| self.entered(m, false, at));
        }
        taken
    }

    #[inline]
    pub(crate) fn read_unlock(&self) {
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
        // AcqRel: as in `leave_writer_behind`.
        if inside != 0 && self.leaving.fetch_add(inside, AcqRel) + inside != 0 {
            self.writer_waits
                .acquire(WaitReason::RwMutexLock, at, self.address());
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
        if free {
            race::watching(|m| self.entered(m, true, at));
        } else {
            self.writers.unlock();
        }
        free
    }

    pub(crate) fn write_unlock(&self) {
        race::point_watching(|m| self.leaves(m, true));
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

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
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
