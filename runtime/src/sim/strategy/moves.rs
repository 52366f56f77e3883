//! A schedule as the list of where it deviates from the plain one.
//!
//! A move names a decision by whose it was and by how many that goroutine had
//! come to before, not by its place in the whole run: so taking one move out of
//! the list leaves the others where they were, which is what shrinking needs.

use super::{Fork, Moment, Strategy};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// At goroutine `who`'s `nth` decision, `to`: the goroutine that goes next, or the
/// number that was chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) who: u32,
    pub(crate) nth: u32,
    pub(crate) to: u32,
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}={}", self.who, self.nth, self.to)
    }
}

impl FromStr for Move {
    type Err = ();

    fn from_str(text: &str) -> Result<Move, ()> {
        let (at, to) = text.split_once('=').ok_or(())?;
        let (who, nth) = at.split_once('.').ok_or(())?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ());
        Ok(Move {
            who: number(who)?,
            nth: number(nth)?,
            to: number(to)?,
        })
    }
}

pub(crate) struct Moves(HashMap<(u32, u32), u32>);

impl Moves {
    pub(crate) fn new(moves: &[Move]) -> Self {
        Moves(moves.iter().map(|m| ((m.who, m.nth), m.to)).collect())
    }
}

impl Strategy for Moves {
    fn next(&mut self, moment: &Moment<'_>) -> usize {
        self.0
            .get(&(moment.who, moment.nth))
            .and_then(|&to| moment.index_of(to))
            .unwrap_or_else(|| moment.plain())
    }

    fn choose(&mut self, fork: &Fork) -> usize {
        let to = self.0.get(&(fork.who, fork.nth)).copied().unwrap_or(0);
        (to as usize).min(fork.n - 1)
    }
}
