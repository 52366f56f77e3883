//! The uniform random walk: as likely one order of steps as another.
//!
//! A walk that gives each runnable goroutine the same chance at each step favours
//! orders in which all end at about the same time; the one in which a goroutine of
//! three steps ends after one of thirty is out of its reach. Weighting each by the
//! steps that it and those it will start still have to take (from an earlier run)
//! makes the orders about equally likely (Zhao, Wolff, Mathur and Roychoudhury,
//! 2025).

use super::{Fork, Moment, Strategy};
use crate::sim::ledger::path_of_child;
use crate::sim::rng::Rng;
use std::collections::HashMap;
use std::rc::Rc;

/// Steps of a goroutine and of those that descend from it, by the path that led
/// to it (see `ledger`).
#[derive(Debug, Default)]
pub(crate) struct Weights(pub(crate) HashMap<u64, u32>);

pub(crate) struct Uniform {
    rng: Rng,
    weights: Rc<Weights>,
    cumulated: Vec<u64>,
    /// By goroutine number.
    known: Vec<Known>,
}

/// A goroutine's expected steps, with those of its descendants, and the part of
/// them that belongs to those it has started: they have their own.
#[derive(Clone, Copy, Default)]
struct Known {
    total: u32,
    children: u32,
    theirs: u32,
}

impl Uniform {
    pub(crate) fn new(seed: u64, weights: Rc<Weights>) -> Self {
        Uniform {
            rng: Rng::new(seed),
            weights,
            cumulated: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Steps that goroutine `id` still has before it, one at least.
    fn remaining(&mut self, moment: &Moment<'_>, id: u32) -> u64 {
        let entry = moment.ledger.of(id);
        let total = |path: u64| self.weights.0.get(&path).copied().unwrap_or(1);
        let at = id as usize;
        if self.known.len() <= at {
            self.known.resize(at + 1, Known::default());
        }
        let known = &mut self.known[at];
        if known.total == 0 {
            known.total = total(entry.path).max(1);
        }
        while known.children < entry.children {
            known.theirs += total(path_of_child(entry.path, known.children));
            known.children += 1;
        }
        let left = known.total.saturating_sub(known.theirs);
        u64::from(left.saturating_sub(entry.steps).max(1))
    }
}

impl Strategy for Uniform {
    fn next(&mut self, moment: &Moment<'_>) -> usize {
        let mut sum = 0;
        let mut cumulated = std::mem::take(&mut self.cumulated);
        cumulated.clear();
        cumulated.extend((0..moment.options()).map(|i| {
            sum += self.remaining(moment, moment.id(i));
            sum
        }));
        let point = self.rng.below(sum as usize) as u64;
        let chosen = cumulated.partition_point(|&upto| upto <= point);
        self.cumulated = cumulated;
        chosen
    }

    fn choose(&mut self, fork: &Fork) -> usize {
        self.rng.below(fork.n)
    }
}
