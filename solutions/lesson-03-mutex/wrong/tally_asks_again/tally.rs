//! Verdict: wrong result. It counts under one lock and reads the number under
//! another: two voters are told the same number.

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
        *self.votes.lock().entry(name.to_owned()).or_insert(0) += 1;
        self.votes(name)
    }

    /// The votes for `name` so far.
    #[must_use]
    pub fn votes(&self, name: &str) -> u64 {
        self.votes.lock().get(name).copied().unwrap_or(0)
    }
}
