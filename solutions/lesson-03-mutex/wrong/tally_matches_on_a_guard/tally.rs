//! Verdict: deadlock. The guard in the head of the `match` lives until the end of the
//! `match`, and one arm locks again.

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
        match self.votes.lock().get_mut(name) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => {
                self.votes.lock().insert(name.to_owned(), 1);
                1
            }
        }
    }

    /// The votes for `name` so far.
    #[must_use]
    pub fn votes(&self, name: &str) -> u64 {
        self.votes.lock().get(name).copied().unwrap_or(0)
    }
}
