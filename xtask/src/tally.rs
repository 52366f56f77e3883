//! What came of many tests: how many, and what the failed ones said.

use std::fmt::Write as _;

/// How many lines of one failure are repeated at the end.
const LINES: usize = 30;

/// What was found out, as numbers, and in words where it was not as it must be.
#[derive(Clone, Default)]
pub struct Tally {
    /// As they must be.
    pub passed: u64,
    /// Not so.
    pub failed: u64,
    /// Not looked at: exercises that somebody has begun are no starters, reports that are
    /// not written down yet, and graded tests of which nothing shows that they can fail.
    pub skipped: u64,
    /// What those that failed are, and why.
    failures: Vec<String>,
}

impl Tally {
    /// One test that passed.
    pub fn pass() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// One test that failed, and the words to repeat at the end.
    pub fn failure(why: impl Into<String>) -> Self {
        let mut tally = Self::default();
        tally.fail(why);
        tally
    }

    /// Counts a test that failed.
    pub fn fail(&mut self, why: impl Into<String>) {
        self.failed += 1;
        self.failures.push(shortened(&why.into()));
    }

    /// Whether there is nothing to count.
    pub const fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }

    /// Adds what others have found.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures.extend(other.failures);
    }

    /// Says what failed in `step`, after all that was printed since. Empty if nothing did.
    pub fn failures_of(&self, step: &str) -> String {
        let mut text = String::new();
        for failure in &self.failures {
            let mut lines = failure.lines();
            let _ = writeln!(text, "{step}: {}", lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}

fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().collect();
    match lines.len().checked_sub(LINES) {
        None | Some(0) => lines.join("\n"),
        Some(more) => format!(
            "{}\n… and {more} lines more, above",
            lines[..LINES].join("\n")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_repeated_by_their_step_and_no_longer_than_useful() {
        let mut all = Tally::pass();
        all.add(Tally::failure("one\ntwo"));
        all.fail("line\n".repeat(LINES + 2));
        assert_eq!((all.passed, all.failed), (1, 2));
        let text = all.failures_of("tests");
        assert!(
            text.starts_with("tests: one\n    two\ntests: line\n"),
            "{text}"
        );
        assert!(text.ends_with("… and 2 lines more, above\n"), "{text}");
    }
}
