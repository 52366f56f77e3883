//! The one error of this program: what went wrong, and what to do about it.
//!
//! There is no way to make one without a remedy. A learner who reads an error
//! has to know the next thing to type.

use std::fmt;

/// What went wrong and its remedy.
#[derive(Debug)]
pub struct Trouble {
    what: String,
    remedy: String,
}

/// The result of everything that can go wrong here.
pub type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    /// An error that says `what` happened and what to do (`remedy`).
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// What went wrong.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what.trim_end())?;
        for (i, line) in self.remedy.trim_end().lines().enumerate() {
            let label = if i == 0 { "  do this:" } else { "          " };
            writeln!(f, "{label} {line}")?;
        }
        Ok(())
    }
}
