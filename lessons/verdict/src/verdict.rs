//! The thirteen ways in which a graded test ends.
//!
//! Each has a name for people, an id for JSON and for the headers of wrong
//! solutions (the name with hyphens), and an exit status of its own, so that a
//! script can tell them apart without reading a word.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a graded test, an exercise or a lesson ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every explored schedule gave what was asked for.
    Passed,
    /// The learner's code still is the starter's `todo!()`.
    NotStarted,
    /// The compiler rejected the lesson's crate.
    DoesNotCompile,
    /// Some schedule gave something else than was asked for.
    WrongResult,
    /// The learner's code panicked.
    Panicked,
    /// Two goroutines touched the same memory with no order between them.
    Race,
    /// Every goroutine waits for another.
    Deadlock,
    /// Main returned while goroutines were left that can never end.
    Leak,
    /// Goroutines run for ever and get nowhere.
    Livelock,
    /// The process ran longer than it may.
    TimedOut,
    /// The process took more memory than it may.
    OutOfMemory,
    /// The process ended before it said how its test went.
    ExitedEarly,
    /// What came back is not what the graded test says.
    Tampered,
}

impl Verdict {
    /// All verdicts, in the order of their exit statuses.
    pub const ALL: [Self; 13] = [
        Self::Passed,
        Self::NotStarted,
        Self::DoesNotCompile,
        Self::WrongResult,
        Self::Panicked,
        Self::Race,
        Self::Deadlock,
        Self::Leak,
        Self::Livelock,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::ExitedEarly,
        Self::Tampered,
    ];

    /// The exit status: 0 for a pass, 10 to 21 for the others. 1 and 2 are left
    /// to errors and usage, 101 to a panic of the grader itself.
    #[must_use]
    pub const fn exit_status(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::NotStarted => 10,
            Self::DoesNotCompile => 11,
            Self::WrongResult => 12,
            Self::Panicked => 13,
            Self::Race => 14,
            Self::Deadlock => 15,
            Self::Leak => 16,
            Self::Livelock => 17,
            Self::TimedOut => 18,
            Self::OutOfMemory => 19,
            Self::ExitedEarly => 20,
            Self::Tampered => 21,
        }
    }

    /// The name a learner reads.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NotStarted => "not started",
            Self::DoesNotCompile => "does not compile",
            Self::WrongResult => "wrong result",
            Self::Panicked => "panicked",
            Self::Race => "race",
            Self::Deadlock => "deadlock",
            Self::Leak => "leak",
            Self::Livelock => "livelock",
            Self::TimedOut => "timed out",
            Self::OutOfMemory => "out of memory",
            Self::ExitedEarly => "exited early",
            Self::Tampered => "tampered",
        }
    }

    /// Whether this is [`Verdict::Passed`].
    #[must_use]
    pub const fn is_pass(self) -> bool {
        matches!(self, Self::Passed)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(verdict.exit_status())
    }
}

/// A name that is no verdict's.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownVerdict(String);

impl fmt::Display for UnknownVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no verdict; the verdicts are", self.0)?;
        for (i, verdict) in Verdict::ALL.into_iter().enumerate() {
            write!(f, "{} {verdict}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownVerdict {}

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    /// Reads a verdict's name, with blanks or hyphens.
    fn from_str(name: &str) -> Result<Self, UnknownVerdict> {
        let plain = name.trim().replace('-', " ");
        Self::ALL
            .into_iter()
            .find(|v| v.name() == plain)
            .ok_or_else(|| UnknownVerdict(name.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_an_exit_status_of_its_own() {
        let mut seen: Vec<u8> = Verdict::ALL.iter().map(|v| v.exit_status()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), Verdict::ALL.len());
    }

    #[test]
    fn only_a_pass_exits_with_zero() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.exit_status() == 0, verdict.is_pass(), "{verdict}");
        }
    }

    #[test]
    fn a_verdict_is_read_back_from_its_name_and_from_its_json_id() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.name().parse(), Ok(verdict));
            let id = serde_json::to_string(&verdict).unwrap();
            assert_eq!(id.trim_matches('"').parse(), Ok(verdict));
        }
    }

    #[test]
    fn a_name_that_is_no_verdict_is_answered_with_the_list() {
        let error = "slow".parse::<Verdict>().unwrap_err().to_string();
        assert!(
            error.contains("`slow`") && error.contains("deadlock"),
            "{error}"
        );
    }
}
