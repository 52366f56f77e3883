//! A run: timers that were added in the order in which they are due.
//!
//! Nearly all timers of a program have one of a few durations, so each is due after
//! the one of its kind before it. Such a sequence needs no heap: adding appends,
//! and the first is the first. What it saves is not comparisons but cache misses: a
//! heap moves entries at every step and must note in each moved node where it is
//! now, and those nodes lie on as many parked stacks.
//!
//! A stopped timer leaves a hole. Holes at either end go at once, and when they are
//! more than half of a run it is closed up, so a run is never longer than twice
//! what it holds and a little.

use super::timers::{Entry, NEVER, Node};
use crate::sys::PageVec;

/// Shorter runs are not closed up.
const SHORT: usize = 64;

pub(super) struct Run {
    /// In order of time; a stopped one has no node.
    entries: PageVec<Slot>,
    /// The first that counts; it is no hole.
    front: usize,
    /// Holes from `front` on.
    holes: usize,
    /// What a node's position has to be reduced by to be an index: entries that
    /// were cut off in front.
    base: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    when: u64,
    node: Option<&'static Node>,
}

impl Run {
    pub(super) const fn new() -> Self {
        Run {
            entries: PageVec::new(),
            front: 0,
            holes: 0,
            base: 0,
        }
    }

    /// When its first is due, or `NEVER`.
    #[inline]
    pub(super) fn first(&self) -> u64 {
        self.entries.get(self.front).map_or(NEVER, |e| e.when)
    }

    /// When its last is due; `None` for an empty run, which takes any.
    #[inline]
    pub(super) fn last(&self) -> Option<u64> {
        self.entries.last().map(|e| e.when)
    }

    /// How many timers it holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.front - self.holes
    }

    /// Entries and holes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.entries.len()
    }

    /// Appends a timer that is not due before the last, and gives its position.
    pub(super) fn push(&mut self, entry: Entry) -> usize {
        self.entries.push(Slot {
            when: entry.when,
            node: Some(entry.node),
        });
        self.base + self.entries.len() - 1
    }

    /// Takes the first out of a run that is not empty.
    pub(super) fn pop(&mut self) -> &'static Node {
        let node = self.entries[self.front].node.take();
        self.front += 1;
        self.settle();
        node.expect("the first of a run is no hole")
    }

    /// Takes the one at `position` out.
    pub(super) fn remove(&mut self, position: usize, moved: impl FnMut(&'static Node, usize)) {
        let at = position - self.base;
        self.entries[at].node = None;
        self.holes += 1;
        self.settle();
        if self.entries.len() > SHORT && self.holes * 2 > self.entries.len() - self.front {
            self.close_up(moved);
        }
    }

    /// Lets go of the holes at both ends, and of what lies before the front when
    /// it is the greater part.
    fn settle(&mut self) {
        while self.entries.last().is_some_and(|e| e.node.is_none()) {
            if self.entries.len() > self.front {
                self.holes -= 1;
            }
            self.entries.pop();
            self.front = self.front.min(self.entries.len());
        }
        while self
            .entries
            .get(self.front)
            .is_some_and(|e| e.node.is_none())
        {
            self.front += 1;
            self.holes -= 1;
        }
        if self.entries.is_empty() {
            // Positions only have to differ from those of nodes still inside.
            self.front = 0;
        } else if self.front > SHORT && self.front * 2 > self.entries.len() {
            let left = self.entries.len() - self.front;
            self.entries.copy_within(self.front.., 0);
            self.entries.truncate(left);
            self.base += self.front;
            self.front = 0;
        }
    }

    fn close_up(&mut self, mut moved: impl FnMut(&'static Node, usize)) {
        let mut to = 0;
        for from in self.front..self.entries.len() {
            let entry = self.entries[from];
            if let Some(node) = entry.node {
                self.entries[to] = entry;
                moved(node, self.base + to);
                to += 1;
            }
        }
        self.entries.truncate(to);
        (self.front, self.holes) = (0, 0);
    }
}
