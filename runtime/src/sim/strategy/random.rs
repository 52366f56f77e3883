//! The random walk.

use super::{Fork, Moment, Strategy};
use crate::sim::rng::Rng;

pub(crate) struct Random(Rng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(Rng::new(seed))
    }
}

impl Strategy for Random {
    fn next(&mut self, moment: &Moment<'_>) -> usize {
        self.0.below(moment.options())
    }

    fn choose(&mut self, fork: &Fork) -> usize {
        self.0.below(fork.n)
    }
}
