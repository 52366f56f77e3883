//! A recorded run: the moves that name its schedule, and what happened in it.
//!
//! Only one run of an exploration is recorded for its report (and the first, for
//! the steps that it takes), so recording costs nothing where speed counts.

use super::strategy::Move;
use crate::kernel::WaitReason;
use std::panic::Location;

/// Events kept: the first, and the last. What lies between says little.
const FIRST: usize = 1000;
const LAST: usize = 1000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happened {
    /// It started a goroutine.
    Started {
        child: u32,
    },
    /// An operation took effect, on the object with this address.
    Did(&'static str, usize),
    /// It waits, for the object with this address if that is known.
    Blocked(WaitReason, usize),
    /// Another (0: a timer) made it runnable.
    Woken {
        by: u32,
    },
    Ended,
    Panicked,
    Raced,
    /// The object at this address is no more. Not a row of the picture.
    Gone(usize),
    /// Virtual time has jumped.
    TimePassed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) who: u32,
    pub(crate) what: Happened,
    pub(crate) at: Option<&'static Location<'static>>,
    pub(crate) step: u64,
    /// Nanoseconds since the beginning of the run.
    pub(crate) now: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) moves: Vec<Move>,
    events: Vec<Event>,
    total: usize,
}

impl Recording {
    pub(crate) fn event(
        &mut self,
        who: u32,
        what: Happened,
        at: Option<&'static Location<'static>>,
        step: u64,
        now: u64,
    ) {
        let event = Event {
            who,
            what,
            at,
            step,
            now,
        };
        if self.events.len() < FIRST + LAST {
            self.events.push(event);
        } else {
            // Round and round in the part for the last ones.
            self.events[FIRST + self.total % LAST] = event;
        }
        self.total += 1;
    }

    /// The last ones, and those at the beginning: what lies between is lost.
    pub(crate) fn latest_first(&self) -> impl Iterator<Item = &Event> {
        let (first, last) = self.events.split_at(self.events.len().min(FIRST));
        let newest = match self.total > FIRST + LAST {
            true => self.total % LAST,
            false => last.len(),
        };
        let (newer, older) = last.split_at(newest);
        newer
            .iter()
            .rev()
            .chain(older.iter().rev())
            .chain(first.iter().rev())
    }

    /// In order, and how many are left out after the first `FIRST`.
    pub(crate) fn into_events(mut self) -> (Vec<Event>, usize) {
        let left_out = self.total - self.events.len();
        if left_out > 0 {
            let oldest = self.total % LAST;
            self.events[FIRST..].rotate_left(oldest);
        }
        (self.events, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_events_are_kept_in_order() {
        for total in [10, 2000, 2001, 3456, 10_000] {
            let mut recording = Recording::default();
            for step in 0..total {
                recording.event(1, Happened::Ended, None, step, 0);
            }
            let last: Vec<u64> = recording.latest_first().map(|e| e.step).collect();
            let (events, left_out) = recording.into_events();
            assert!(events.iter().rev().map(|e| e.step).eq(last), "{total}");
            assert_eq!(left_out as u64, total.saturating_sub(2000));
            let steps: Vec<u64> = events.iter().map(|e| e.step).collect();
            let mut expected: Vec<u64> = (0..total.min(1000)).collect();
            expected.extend(1000.max(total.saturating_sub(1000))..total);
            assert_eq!(steps, expected, "{total}");
        }
    }
}
