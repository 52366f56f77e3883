//! PCT: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and
//! Nagarakatte, 2010).
//!
//! Every goroutine gets a random priority and the highest one that can run does.
//! At `d - 1` steps, picked at random among the steps a run takes, whoever runs
//! falls below all the others. A bug that needs `d` orderings is found in a run of
//! `n` goroutines and `k` steps with probability `1 / (n · k^(d-1))` at least.
//!
//! Two departures. A goroutine that yields also falls below the others: it waits
//! for one of them. And a run that takes far more than the expected steps goes on
//! as a random walk, which is fair: with fixed priorities a goroutine that polls
//! would keep everybody from what it polls for.
//!
//! The expected number of steps is part of the seed (its low byte), so that the
//! seed alone replays the schedule.

use super::{Fork, Moment, Strategy};
use crate::sim::rng::Rng;

pub(crate) struct Pct {
    rng: Rng,
    /// By goroutine number; 0 is not given yet.
    priorities: Vec<u64>,
    /// Steps at which the one that runs falls, in falling order.
    changes: Vec<u64>,
    /// The next priority for one that falls: below those of all others.
    lowest: u64,
    horizon: u64,
}

/// The lowest priority a goroutine starts with; those who fell are below.
const FIRST: u64 = 1 << 40;

impl Pct {
    pub(crate) fn new(depth: u8, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let steps = steps_in_seed(seed);
        let mut changes: Vec<u64> = (1..depth)
            .map(|_| 1 + rng.below(steps as usize) as u64)
            .collect();
        changes.sort_unstable_by(|a, b| b.cmp(a));
        Pct {
            rng,
            priorities: Vec::new(),
            changes,
            lowest: FIRST - 1,
            horizon: 4 * steps + 1000,
        }
    }

    fn priority(&mut self, id: u32) -> u64 {
        let id = id as usize;
        if self.priorities.len() <= id {
            self.priorities.resize(id + 1, 0);
        }
        if self.priorities[id] == 0 {
            self.priorities[id] = FIRST | self.rng.next() >> 1;
        }
        self.priorities[id]
    }

    fn fall(&mut self, id: u32) {
        self.priority(id);
        self.priorities[id as usize] = self.lowest;
        self.lowest -= 1;
    }
}

impl Strategy for Pct {
    fn next(&mut self, moment: &Moment<'_>) -> usize {
        let steps = moment.ledger.steps();
        if steps > self.horizon {
            return self.rng.below(moment.options());
        }
        if moment.yields {
            self.fall(moment.who);
        }
        while self.changes.last().is_some_and(|&at| at <= steps) {
            self.changes.pop();
            self.fall(moment.who);
        }
        (0..moment.options())
            .max_by_key(|&i| self.priority(moment.id(i)))
            .unwrap_or(0)
    }

    fn choose(&mut self, fork: &Fork) -> usize {
        self.rng.below(fork.n)
    }
}

/// `seed` with an expected number of steps in its low byte: five bits of exponent
/// and three of mantissa.
pub(crate) fn with_steps(seed: u64, steps: u64) -> u64 {
    let steps = steps.clamp(8, 8 << 31);
    let exponent = 60 - u64::from(steps.leading_zeros());
    seed & !0xFF | exponent << 3 | (steps >> exponent & 7)
}

pub(crate) fn steps_in_seed(seed: u64) -> u64 {
    (8 | (seed & 7)) << (seed >> 3 & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_remembers_the_steps_to_one_part_in_eight() {
        for steps in [8, 9, 15, 16, 100, 1000, 12345, 1 << 20] {
            let seed = with_steps(0xABCD_EF01_2345_6789, steps);
            let kept = steps_in_seed(seed);
            assert!(kept <= steps && steps - kept <= steps / 8, "{steps} {kept}");
            assert_eq!(seed >> 8, 0xAB_CDEF_0123_4567);
        }
        assert_eq!(steps_in_seed(with_steps(0, 0)), 8);
    }
}
