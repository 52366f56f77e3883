//! What one graded test says about its end: enough for a learner to know what
//! to do next without opening the test.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// A line of source, with the path as the compiler was given it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Path, relative to the workspace's root for its own files.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

impl Place {
    /// The place `line` of `file`.
    pub fn new(file: impl Into<String>, line: u32) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// One goroutine that waits for good: a line of "who waits for what".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its number; main is 1.
    pub goroutine: u64,
    /// Why it waits, in Go's words: `chan receive`, `sync.WaitGroup.Wait`.
    pub reason: String,
    /// The call it waits in, if that is known.
    pub at: Option<Place>,
    /// Where it was started; none for main.
    pub created_at: Option<Place>,
}

impl Waiting {
    /// Who it is: `main`, or `goroutine 7`.
    #[must_use]
    pub fn who(&self) -> String {
        match self.goroutine {
            1 => "main".into(),
            n => format!("goroutine {n}"),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.at {
            Some(at) => write!(f, " at {at}"),
            None => Ok(()),
        }
    }
}

/// A graded test, as a lesson's suite lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestInfo {
    /// `exercise::what_is_tested`.
    pub name: String,
    /// One sentence: what the test asks for.
    pub asks: String,
}

impl TestInfo {
    /// The exercise this test belongs to: the name up to `::`.
    #[must_use]
    pub fn exercise(&self) -> &str {
        self.name.split("::").next().unwrap_or(&self.name)
    }
}

/// How one graded test ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// `exercise::what_is_tested`.
    pub test: String,
    /// One sentence: what the test asks for.
    pub asks: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How many schedules ran.
    pub schedules: u64,
    /// The line of the learner's own code to look at, if one is known.
    pub place: Option<Place>,
    /// One line: what happened.
    pub happened: String,
    /// What was expected, if two values were compared.
    pub expected: Option<String>,
    /// What was seen instead.
    pub seen: Option<String>,
    /// Who waits for what: deadlocks and leaks.
    pub waiting: Vec<Waiting>,
    /// The course of the failing run in lanes, one a goroutine: the same picture in
    /// fewer and fewer lines.
    #[serde(default)]
    pub pictures: Vec<String>,
    /// What this verdict means in this test, in the course's words.
    pub why: Option<String>,
    /// The schedule that failed, as `MARMOTA_SEED` takes it.
    pub replay: Option<String>,
}

impl TestReport {
    /// A report with a verdict and one line of what happened, the rest empty.
    #[must_use]
    pub fn new(test: &TestInfo, verdict: Verdict, happened: impl Into<String>) -> Self {
        Self {
            test: test.name.clone(),
            asks: test.asks.clone(),
            verdict,
            schedules: 0,
            place: None,
            happened: happened.into(),
            expected: None,
            seen: None,
            waiting: Vec::new(),
            pictures: Vec::new(),
            why: None,
            replay: None,
        }
    }
}
