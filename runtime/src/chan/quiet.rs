//! A word per channel for those who only look.
//!
//! A `select` with a default, or a `try_recv`, that finds nothing is asked again
//! and again by loops that do other work meanwhile. It must cost a load and not a
//! lock, and it must never miss a case that is ready.
//!
//! ```text
//!   bit 0  RECV   quiet: nothing can be received
//!   bit 1  SEND   quiet: nothing can be sent
//!   rest   epoch  counts how often a quiet bit was cleared
//! ```
//!
//! A bit is set by one who looked under the channel's lock and found nothing. It
//! is cleared, under the same lock, by whatever makes that direction ready: a
//! value stored, a waiter queued, room made, the close. So a set bit is a fact; a
//! clear bit only means "look". On a channel that nobody polls no bit is ever set,
//! and a send or receive pays one load and a branch never taken.
//!
//! Several channels are quiet *at one point in time* if their words are read,
//! are quiet, and are read again unchanged. Suppose a case was ready all along, now
//! this one and now that one. Each change of hands writes a word (the epoch makes
//! it differ for ever), with release; the reader, who acquires, would see in the
//! second reading the change that came before what it saw in the first.

use crate::loom::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

/// The direction of a receive.
pub(crate) const RECV: u64 = 1;
/// The direction of a send.
pub(crate) const SEND: u64 = 2;
const EPOCH: u64 = 4;

pub(crate) struct Quiet(AtomicU64);

impl Quiet {
    crate::loom::const_outside_models! {
        pub(crate) fn new() -> Self {
            Quiet(AtomicU64::new(0))
        }
    }

    crate::loom::const_outside_models! {
        /// Quiet for ever: a nil channel.
        pub(crate) fn nil() -> Self {
            Quiet(AtomicU64::new(RECV | SEND))
        }
    }

    /// Something happened in these directions. Under the channel's lock.
    #[inline(always)]
    pub(crate) fn disturb(&self, directions: u64) {
        // Relaxed: written under the lock only.
        let word = self.0.load(Relaxed);
        if word & directions != 0 {
            self.clear(word, directions);
        }
    }

    #[cold]
    fn clear(&self, word: u64, directions: u64) {
        // Release: pairs with the acquire in `word`, see above.
        self.0.store((word & !directions) + EPOCH, Release);
    }

    /// Looked, and nothing is ready in this direction. Under the channel's lock.
    #[inline]
    pub(crate) fn found_nothing(&self, direction: u64) {
        // Relaxed and release: as in `disturb`.
        self.0.store(self.0.load(Relaxed) | direction, Release);
    }

    /// Whether nothing is ready in this direction.
    #[inline(always)]
    pub(crate) fn is(&self, direction: u64) -> bool {
        self.word() & direction != 0
    }

    /// The word, to compare with another reading.
    #[inline(always)]
    pub(crate) fn word(&self) -> u64 {
        // Acquire: pairs with the releases of those who write.
        self.0.load(Acquire)
    }
}

/// Whether these directions of these channels were all quiet at one point in time.
/// `false` may also mean that something changed meanwhile: look under the locks.
#[inline(always)]
pub(crate) fn all_at_once<'a, const N: usize>(channel: impl Fn(usize) -> (&'a Quiet, u64)) -> bool {
    let mut words = [0; N];
    for (i, word) in words.iter_mut().enumerate() {
        let (quiet, direction) = channel(i);
        *word = quiet.word();
        if *word & direction == 0 {
            return false;
        }
    }
    // One channel is looked at in one moment.
    N == 1
        || words
            .iter()
            .enumerate()
            .all(|(i, word)| channel(i).0.word() == *word)
}
