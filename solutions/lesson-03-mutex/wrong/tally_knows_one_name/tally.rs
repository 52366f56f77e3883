//! Verdict: wrong result. One number for all names.

use marmota::sync::Mutex;

/// Votes for candidates, counted by many goroutines at once.
#[derive(Default)]
pub struct Tally {
    votes: Mutex<u64>,
}

impl Tally {
    /// No votes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a vote for `name` and returns which vote for that name it was.
    pub fn vote(&self, name: &str) -> u64 {
        let _ = name;
        let mut votes = self.votes.lock();
        *votes += 1;
        *votes
    }

    /// The votes for `name` so far.
    #[must_use]
    pub fn votes(&self, name: &str) -> u64 {
        let _ = name;
        *self.votes.lock()
    }
}
