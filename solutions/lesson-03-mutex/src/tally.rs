//! Exercise 1: count votes.
//!
//! One lock, taken once a vote: looking up, adding and reading the new number are a
//! single step for everybody else.

use std::collections::BTreeMap;

use marmota::sync::Mutex;

/// Votes for candidates, counted by many goroutines at once.
#[derive(Default)]
pub struct Tally {
    votes: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    /// No votes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a vote for `name` and returns which vote for that name it was.
    pub fn vote(&self, name: &str) -> u64 {
        let mut votes = self.votes.lock();
        let count = votes.entry(name.to_owned()).or_insert(0);
        *count += 1;
        *count
    }

    /// The votes for `name` so far.
    #[must_use]
    pub fn votes(&self, name: &str) -> u64 {
        self.votes.lock().get(name).copied().unwrap_or(0)
    }
}
