//! Verdict: race. A variable that nothing protects, as in Go: two goroutines read and
//! write it at the same time.

use std::collections::BTreeMap;

use marmota::race::RaceCell;

/// Votes for candidates, counted by many goroutines at once.
#[derive(Default)]
pub struct Tally {
    votes: RaceCell<BTreeMap<String, u64>>,
}

impl Tally {
    /// No votes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a vote for `name` and returns which vote for that name it was.
    pub fn vote(&self, name: &str) -> u64 {
        let mut votes = self.votes.get();
        let count = votes.entry(name.to_owned()).or_insert(0);
        *count += 1;
        let number = *count;
        self.votes.set(votes);
        number
    }

    /// The votes for `name` so far.
    #[must_use]
    pub fn votes(&self, name: &str) -> u64 {
        self.votes.get().get(name).copied().unwrap_or(0)
    }
}
