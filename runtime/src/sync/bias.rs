//! Reading without writing to a place that other readers write: a lock that leans
//! towards its readers.
//!
//! A reader that counts itself in and out of a shared word costs two atomic exchanges,
//! and on several processors the word's cache line flies between them: the more
//! readers, the slower each. So a lock that has been read often without being written
//! leans towards readers: these then leave the lock's number in a slot of their own
//! thread, and take it out again, by plain stores.
//!
//! ```text
//!   a reader                            the writer (only one, see `rwraw`)
//!   slot = number                       on = 0;  leaving = true
//!   (compiler fence)                    a fence on every thread of the process
//!   on == number?  then it is in        no slot holds the number?  then it is alone
//!   …                                   else wait to be told, and look again
//!   slot = 0
//!   (compiler fence)
//!   leaving?  then tell the writer
//! ```
//!
//! The expedited membarrier (`sys::fence_all_threads`) makes the reader's two steps and
//! the writer's two steps sequentially consistent: either the writer sees the slot, or
//! the reader sees `on`; either the writer sees the slot empty, or the reader sees
//! `leaving`. It costs microseconds, so a lock leans only after so many reads in a row
//! without a writer, and each writer that had to pay doubles that number.
//!
//! A slot is turned from 0 by its own thread alone, and back by whoever has the guard.
//! It holds a number and not an address: a guard that is forgotten fills its slot for
//! ever, and must not hold up another lock that comes to lie at the same place.
//!
//! The idea of leaning (and its name, bias): Dice and Kogan, "BRAVO: Biased Locking for
//! Reader-Writer Locks", 2019. There readers share a table and enter it by an exchange.
//! Measured on 2 cores (`rwmutex` in `runtime/peers`): see the book's table.

use crate::loom::asymmetric_light_fence;
use crate::loom::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// Where a thread notes a lock that it reads.
pub(crate) type Slot = AtomicU64;
/// So many locks can a thread read at once without counting itself in; at most.
pub(crate) const SLOTS: usize = 4;

/// Reads in a row after which a lock leans, at first and at most.
const FIRST: u32 = 1 << 12;
const MOST: u32 = 1 << 20;

pub(crate) struct Bias {
    /// The lock's number while it leans towards readers, else 0.
    on: AtomicU64,
    /// Its number, given when it leans first.
    number: AtomicU64,
    /// Slots may hold the number. Set by a reader that was counted in, cleared by a
    /// writer that is alone.
    used: AtomicBool,
    /// A writer waits for slots to be emptied.
    leaving: AtomicBool,
    /// Counted reads since the last writer, and how many make the lock lean (0: `FIRST`).
    reads: AtomicU32,
    enough: AtomicU32,
}

impl Bias {
    crate::loom::const_outside_models! {
        pub(crate) fn new() -> Self {
            Bias {
                on: AtomicU64::new(0),
                number: AtomicU64::new(0),
                used: AtomicBool::new(false),
                leaving: AtomicBool::new(false),
                reads: AtomicU32::new(0),
                enough: AtomicU32::new(0),
            }
        }
    }

    /// Whether it is worth a reader's while to look for a slot.
    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Relaxed) != 0
    }

    /// Enters by one of this thread's own slots. `tell` is called if a writer must be
    /// told that one was emptied again.
    #[inline(always)]
    pub(crate) fn enter<'a>(
        &self,
        slots: &'a [Slot; SLOTS],
        tell: impl FnOnce(),
    ) -> Option<&'a Slot> {
        let number = self.on.load(Relaxed);
        let slot = &slots[number as usize % SLOTS];
        // Relaxed: whoever emptied it read another lock, or this one earlier.
        if number == 0 || slot.load(Relaxed) != 0 {
            return None;
        }
        slot.store(number, Relaxed);
        asymmetric_light_fence();
        // Acquire: pairs with the release in `switch_on`, which comes after all writers.
        if self.on.load(Acquire) == number {
            return Some(slot);
        }
        self.leave(slot, tell);
        None
    }

    /// Leaves by the slot that `enter` gave.
    #[inline(always)]
    pub(crate) fn leave(&self, slot: &Slot, tell: impl FnOnce()) {
        // Release: the writer that finds it empty comes after what we read.
        slot.store(0, Release);
        asymmetric_light_fence();
        if self.leaving.load(Relaxed) {
            tell();
        }
    }

    /// Notes a reader that was counted in. `true`: the lock has been read often enough
    /// to lean.
    #[inline(always)]
    pub(crate) fn counted(&self) -> bool {
        // Relaxed, in two steps: a heuristic may lose a few.
        let reads = self.reads.load(Relaxed) + 1;
        self.reads.store(reads, Relaxed);
        reads > FIRST && reads > self.enough.load(Relaxed) && !self.is_on()
    }

    /// The lock leans from now on. By a reader that was counted in and has not left;
    /// `fresh` makes a number that no other lock has.
    pub(crate) fn switch_on(&self, fresh: impl FnOnce() -> u64) {
        // One of several readers that come here at once gives the number.
        let number = match self.number.load(Relaxed) {
            0 => {
                let fresh = fresh();
                match self.number.compare_exchange(0, fresh, Relaxed, Relaxed) {
                    Ok(_) => fresh,
                    Err(theirs) => theirs,
                }
            }
            number => number,
        };
        // Relaxed: the writer that waits for this reader sees it with its leaving.
        self.used.store(true, Relaxed);
        // Release: readers by slot come after the writers that came before us.
        self.on.store(number, Release);
    }

    /// From now on readers are counted; those that entered by slots may be in still.
    /// By the only writer.
    #[inline]
    pub(crate) fn switch_off(&self) {
        self.reads.store(0, Relaxed);
        if self.is_on() {
            self.on.store(0, Relaxed);
        }
    }

    /// Whether readers may be in that were not counted. By the only writer, when all
    /// who were counted have left.
    #[inline]
    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Relaxed)
    }

    /// Readers by slot shall tell when they leave, from now on. `fence` makes every
    /// thread pass a full fence. By the only writer.
    pub(crate) fn watch_leaving(&self, fence: impl FnOnce()) {
        self.switch_off();
        let enough = self.enough.load(Relaxed).max(FIRST);
        self.enough.store((enough * 2).min(MOST), Relaxed);
        self.leaving.store(true, Relaxed);
        fence();
    }

    /// Whether one of these slots holds the lock. By the writer, after `watch_leaving`.
    pub(crate) fn is_in(&self, slots: &[Slot; SLOTS]) -> bool {
        let number = self.number.load(Relaxed);
        // Acquire: pairs with the release in `leave`.
        slots.iter().any(|slot| slot.load(Acquire) == number)
    }

    /// The writer does not wait any more: because nobody is in, or (`false`) because it
    /// gives up.
    pub(crate) fn stop_watching(&self, empty: bool) {
        self.leaving.store(false, Relaxed);
        if empty {
            self.used.store(false, Relaxed);
        }
    }
}
