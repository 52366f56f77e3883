//! Giving a lock back by a plain store: a mutex that leans towards whoever finds it free.
//!
//! Taking a free lock and giving it back are an atomic exchange each, as in Go, and that is
//! most of what they cost. The second is there for those who wait: they leave their mark in
//! the word that the holder clears. So a mutex that was taken many times while nobody waited
//! *leans*: then nobody but its holder changes the word while it is locked, and the holder
//! gives it back by a store. Who finds it locked and has to wait says so elsewhere:
//!
//! ```text
//!   the holder gives it back            who has to wait
//!   word = LEAN                         asked = true
//!   (compiler fence)                    a fence on every thread of the process
//!   asked?  then it straightens up      the word is LEAN?  then take it
//!                                       else queue, and be woken by the holder
//! ```
//!
//! The expedited membarrier (`sys::fence_all_threads`) makes the two steps on either side
//! sequentially consistent: the holder sees that it is asked, or the other sees the lock
//! free. A mutex that straightens up is one of exchanges again, with those who wait in its
//! queue, until it has been taken often enough without: so often that the fences do not
//! count, and twice as often each time. What follows from that for the word is told in
//! `raw`.
//!
//! Who asks: the first to do so pays for the fence. Another that finds the question asked
//! queues at once, because the first will look at the word after its fence: if the lock is
//! free then, it takes it, and gives it back with the question in sight.
//!
//! The idea is that of biased locks (`bias`), with one difference: the lock leans towards
//! nobody in particular, and taking it stays an exchange. Measured on 2 cores: `mutex` in
//! `runtime/peers`, and the book's table.

use crate::loom::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
};
use crate::loom::{asymmetric_light_fence, first_leaning};
// Of the counts the models need no other orders: they only say when it is worth it.
use std::sync::atomic::AtomicU32;

/// So often in a row a mutex is taken by exchanges before it leans; at first `first_leaning`.
const MOST: u32 = 1 << 20;

/// Beside the word of a mutex.
pub(crate) struct Lean {
    /// Somebody waits, or is about to. Set by whoever is, cleared as the lock straightens
    /// up, under the queue's lock.
    asked: AtomicBool,
    /// How often it was taken since it last straightened up, and how often makes it lean (0:
    /// `first_leaning`).
    taken: AtomicU32,
    enough: AtomicU32,
}

impl Lean {
    crate::loom::const_outside_models! {
        pub(crate) fn new() -> Self {
            Lean {
                asked: AtomicBool::new(false),
                taken: AtomicU32::new(0),
                enough: AtomicU32::new(0),
            }
        }
    }

    /// Notes that the lock was taken and nobody waits; `true` if that has been so for long.
    /// By the holder.
    #[inline(always)]
    pub(crate) fn counted(&self) -> bool {
        // Relaxed, in two steps: the holder's own.
        let taken = self.taken.load(Relaxed) + 1;
        self.taken.store(taken, Relaxed);
        taken >= first_leaning() && taken >= self.enough.load(Relaxed)
    }

    /// The count begins anew.
    pub(crate) fn count_anew(&self) {
        self.taken.store(0, Relaxed);
    }

    /// Whether the lock, which was just given back by a store, is asked for.
    #[inline(always)]
    pub(crate) fn is_asked_after_store(&self) -> bool {
        asymmetric_light_fence();
        self.asked.load(Relaxed)
    }

    /// Asks for the lock, which leans and is held. `fence` makes all threads pass a fence.
    /// The word is to be looked at after this.
    pub(crate) fn ask(&self, fence: impl FnOnce()) {
        // SeqCst: the fence follows.
        if !self.asked.swap(true, SeqCst) {
            fence();
        }
    }

    /// Whether it is asked for still. Under the queue's lock.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// It has straightened up. Under the queue's lock.
    pub(crate) fn straightened(&self) {
        self.count_anew();
        let enough = self.enough.load(Relaxed).max(first_leaning());
        self.enough
            .store(enough.saturating_mul(2).min(MOST), Relaxed);
        self.asked.store(false, Relaxed);
    }
}
