//! Every schedule, those with few preemptions first.
//!
//! A depth-first walk over the decisions: each run follows the path of the last
//! one up to the deepest decision that has an untried alternative. Most bugs need
//! one or two preemptions (Musuvathi and Qadeer, 2007), so the walk is first
//! confined to schedules without any, then with one, and so on. When a walk was
//! confined nowhere, all schedules have been seen: the program is proven, as far
//! as its inputs go.
//!
//! Beyond `DEPTH` decisions a run follows the plain schedule, and the walk is
//! then never complete.

use super::{Fork, Moment, Strategy};

const DEPTH: usize = 5000;

struct Node {
    /// What was chosen, and what the plain schedule would choose: tried first.
    chosen: usize,
    plain: usize,
    options: usize,
    /// Choosing anything but the plain one preempts.
    costs: bool,
    /// Preemptions before this decision.
    spent: u32,
}

#[derive(Default)]
pub(crate) struct Exhaustive {
    path: Vec<Node>,
    /// How far the current run has followed the path.
    at: usize,
    bound: u32,
    /// Preemptions in the current run.
    spent: u32,
    /// An alternative was left out, for its cost or its depth.
    confined: bool,
    too_deep: bool,
}

impl Exhaustive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The next run follows the same path again.
    pub(crate) fn again(&mut self) {
        self.at = 0;
        self.spent = 0;
    }

    /// Moves on to the next schedule; `false` when there is none.
    pub(crate) fn advance(&mut self) -> bool {
        self.path.truncate(self.at);
        self.again();
        while let Some(node) = self.path.last_mut() {
            let untried = (node.next_alternative()).filter(|_| {
                let allowed = !node.costs || node.spent < self.bound;
                self.confined |= !allowed;
                allowed
            });
            match untried {
                Some(alternative) => {
                    node.chosen = alternative;
                    return true;
                }
                None => drop(self.path.pop()),
            }
        }
        // All with this many preemptions are through.
        if !self.confined || self.too_deep {
            return false;
        }
        self.confined = false;
        self.bound += 1;
        true
    }

    /// Whether every schedule was seen, once `advance` has said `false`.
    pub(crate) fn complete(&self) -> bool {
        !self.confined && !self.too_deep
    }

    fn decide(&mut self, options: usize, plain: usize, costs: bool) -> usize {
        if self.at == self.path.len() {
            if self.at == DEPTH {
                self.too_deep = true;
                return plain;
            }
            self.path.push(Node {
                chosen: plain,
                plain,
                options,
                costs,
                spent: self.spent,
            });
        }
        let node = &self.path[self.at];
        self.at += 1;
        let chosen = node.chosen.min(options - 1);
        if node.costs && chosen != node.plain {
            self.spent += 1;
        }
        chosen
    }
}

impl Node {
    /// In the order: the plain one, then the others from 0 on.
    fn next_alternative(&self) -> Option<usize> {
        let from = if self.chosen == self.plain {
            0
        } else {
            self.chosen + 1
        };
        (from..self.options).find(|&i| i != self.plain)
    }
}

impl Strategy for Exhaustive {
    fn next(&mut self, moment: &Moment<'_>) -> usize {
        let plain = moment.plain();
        // Going on is free; so is any choice where the current one cannot.
        let costs = moment.may_stay && plain == moment.others.len();
        self.decide(moment.options(), plain, costs)
    }

    fn choose(&mut self, fork: &Fork) -> usize {
        self.decide(fork.n, 0, false)
    }
}
