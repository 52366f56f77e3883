//! Who goes next: the strategies, behind one trait.
//!
//! Each finds bugs that the others miss, so the explorer uses them in turn:
//!
//! ```text
//!   random.rs      each of the runnable with the same probability, at each step
//!   uniform.rs     weighted by the steps a goroutine still has to take: each
//!                  order of steps about equally likely, so one is held back
//!                  as often as a bug may need it
//!   pct.rs         priorities, and d - 1 places where one is lowered: a bug that
//!                  needs d orderings is found with a known probability
//!   exhaustive.rs  every schedule with no preemption, with one, with two, …
//!   moves.rs       a recorded or shrunk schedule, played back
//! ```
//!
//! The plain schedule, from which others deviate: the current goroutine goes on
//! until it blocks, ends, yields or has had a long turn; then the one that has
//! been runnable for the longest goes. A recorded schedule is the list of its
//! deviations, which is why a shrunk one is short enough to read.

mod exhaustive;
mod moves;
mod pct;
mod random;
mod uniform;

pub(super) use exhaustive::Exhaustive;
pub(super) use moves::{Move, Moves};
pub(super) use pct::{Pct, with_steps};
pub(super) use random::Random;
pub(super) use uniform::{Uniform, Weights};

use super::ledger::Ledger;
use crate::sched::GRef;
use std::sync::atomic::Ordering::Relaxed;

/// Steps in a row after which the plain schedule lets another goroutine go, so
/// that one that waits in a loop does not keep the rest from what it waits for.
const LONG_TURN: u32 = 500;

/// A decision about who goes next, with at least two to choose from.
pub(crate) struct Moment<'a> {
    /// Who came to it: the goroutine at an operation, or the one that blocked or
    /// ended; 0 when time has moved.
    pub(crate) who: u32,
    /// How many decisions, of any kind, `who` had come to before, plus one.
    pub(crate) nth: u32,
    /// `who` could go on.
    pub(crate) may_stay: bool,
    /// `who` asked to let others go first, and so cannot stay.
    pub(crate) yields: bool,
    /// The other runnable ones.
    pub(crate) others: &'a [GRef],
    pub(crate) ledger: &'a Ledger,
}

impl Moment<'_> {
    /// How many there are to choose from; `who` itself is the last one.
    pub(crate) fn options(&self) -> usize {
        self.others.len() + usize::from(self.may_stay)
    }

    /// The number of the goroutine that an index stands for.
    pub(crate) fn id(&self, index: usize) -> u32 {
        self.others.get(index).map_or(self.who, |g| id_of(g))
    }

    /// The index of a goroutine, if it can be chosen.
    pub(crate) fn index_of(&self, id: u32) -> Option<usize> {
        match self.others.iter().position(|g| id_of(g) == id) {
            None if self.may_stay && id == self.who => Some(self.others.len()),
            found => found,
        }
    }

    /// What the plain schedule does.
    pub(crate) fn plain(&self) -> usize {
        if self.may_stay && !self.ledger.turn().is_multiple_of(LONG_TURN) {
            return self.others.len();
        }
        let waits_longest = |&i: &usize| self.ledger.of(id_of(self.others[i])).since;
        (0..self.others.len())
            .min_by_key(waits_longest)
            .unwrap_or(0)
    }
}

pub(crate) fn id_of(g: GRef) -> u32 {
    // Relaxed: everything here happens on one thread.
    g.id.load(Relaxed) as u32
}

/// A decision that the language leaves open: a number below `n`, which is 2 at
/// least.
pub(crate) struct Fork {
    pub(crate) who: u32,
    pub(crate) nth: u32,
    pub(crate) n: usize,
}

/// How the decisions of one run are made. What it decides must follow from how it
/// was made and from what it was asked, and from nothing else.
pub(crate) trait Strategy {
    /// Who goes next: below `moment.options()`.
    fn next(&mut self, moment: &Moment<'_>) -> usize;

    /// Below `fork.n`.
    fn choose(&mut self, fork: &Fork) -> usize;
}
