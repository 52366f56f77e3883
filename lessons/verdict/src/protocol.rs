//! The two messages of the private channel, one JSON line each.
//!
//! The request is the whole standard input of the graded test. The reply goes
//! to the pipe whose descriptor [`CHANNEL_VARIABLE`] names. A reply that cannot
//! be parsed is no reply.

use serde::{Deserialize, Serialize};

use crate::{TestInfo, TestReport, Verdict};

/// The environment variable that names the descriptor of the private pipe.
pub const CHANNEL_VARIABLE: &str = "MARMOTA_GRADER_FD";

/// What `cargo xtask` asks of a graded test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// A random word that the reply must repeat.
    pub nonce: String,
    /// What to do.
    pub task: Task,
}

/// What a graded test is started for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Say which tests there are. Runs none of the learner's code.
    List,
    /// Run the test of this name.
    Run {
        /// `exercise::what_is_tested`.
        test: String,
        /// How many schedules to explore instead of the test's own number.
        schedules: Option<u64>,
    },
    /// Run the test of this name from each of so many seeds, and only say how that ended.
    Seeds {
        /// `exercise::what_is_tested`.
        test: String,
        /// From seed 0 on, so many.
        seeds: u64,
    },
}

/// What a graded test answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The answer to [`Task::List`].
    Tests {
        /// The request's nonce.
        nonce: String,
        /// Every test of the suite, in order.
        tests: Vec<TestInfo>,
    },
    /// The answer to [`Task::Run`].
    Report {
        /// The request's nonce.
        nonce: String,
        /// How the test ended.
        report: Box<TestReport>,
    },
    /// The answer to [`Task::Seeds`].
    Verdicts {
        /// The request's nonce.
        nonce: String,
        /// Of each seed in turn.
        verdicts: Vec<Verdict>,
    },
}

impl Reply {
    /// The nonce the reply carries.
    #[must_use]
    pub fn nonce(&self) -> &str {
        match self {
            Self::Tests { nonce, .. }
            | Self::Report { nonce, .. }
            | Self::Verdicts { nonce, .. } => nonce,
        }
    }

    /// The reply as the one line that goes over the channel.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut line = serde_json::to_string(self).expect("strings and numbers always serialize");
        line.push('\n');
        line
    }

    /// Reads a line back; `None` for anything that is not exactly a reply.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

impl Request {
    /// The request as the graded test reads it.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialize")
    }

    /// Reads a request back; `None` for anything else.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_survives_the_channel_on_one_line() {
        let test = TestInfo {
            name: "both::run_together".into(),
            asks: "two jobs\nmeet".into(),
        };
        let reply = Reply::Report {
            nonce: "n".into(),
            report: Box::new(TestReport::new(&test, Verdict::Deadlock, "all wait\nhere")),
        };
        let line = reply.to_line();
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert_eq!(Reply::from_line(line.trim_end()), Some(reply));
    }

    #[test]
    fn a_forged_line_is_no_reply() {
        for line in [
            "",
            "test result: ok. 9 passed; 0 failed",
            "{}",
            "\"passed\"",
        ] {
            assert_eq!(Reply::from_line(line), None, "{line}");
        }
    }
}
