//! Verdict: deadlock. What could not be parsed goes to a channel that is read at the end,
//! with room for eight: with more of it a parser waits, and all else for the parser.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::chan::Receiver;
use marmota::sync::WaitGroup;

/// How bad it is. Later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For whoever wrote the service.
    Debug,
    /// As it should be.
    Info,
    /// Not as it should be.
    Warn,
    /// Broken.
    Error,
}

/// A line that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How bad it is.
    pub level: Level,
    /// Who says so.
    pub service: String,
}

impl Entry {
    /// Understands lines such as `WARN mail: the queue is long`.
    #[must_use]
    pub fn parse(line: &str) -> Option<Entry> {
        let (head, _message) = line.split_once(": ")?;
        let (level, service) = head.split_once(' ')?;
        let level = match level {
            "DEBUG" => Level::Debug,
            "INFO" => Level::Info,
            "WARN" => Level::Warn,
            "ERROR" => Level::Error,
            _ => return None,
        };
        Some(Entry {
            level,
            service: service.to_owned(),
        })
    }
}

/// What is known of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many lines there were, of whatever kind.
    pub lines: u64,
    /// How many of them could not be parsed.
    pub malformed: u64,
    /// How many entries of [`Level::Warn`] or worse, by service. A service that has
    /// none is not in it.
    pub complaints: BTreeMap<String, u64>,
}

/// Reads `lines` until they are closed, and sums them up.
pub fn summarize(
    lines: Receiver<String>,
    parsers: usize,
    parse: impl Fn(&str) -> Option<Entry> + Send + Sync + 'static,
) -> Summary {
    let parse = Arc::new(parse);
    let (found, findings) = marmota::chan(0);
    let (bad, malformed) = marmota::chan(8);
    let group = WaitGroup::new();
    for _ in 0..parsers {
        let (lines, parse) = (lines.clone(), Arc::clone(&parse));
        let (found, bad) = (found.clone(), bad.clone());
        group.go(move || {
            for line in lines {
                match parse(&line) {
                    Some(entry) => found.send(Some(entry)),
                    None => bad.send(()),
                }
            }
        });
    }
    marmota::go(move || {
        group.wait();
        found.close();
        bad.close();
    });

    let mut summary = Summary::default();
    for finding in findings {
        summary.count(finding);
    }
    for () in malformed {
        summary.count(None);
    }
    summary
}

impl Summary {
    fn count(&mut self, finding: Option<Entry>) {
        self.lines += 1;
        match finding {
            None => self.malformed += 1,
            Some(entry) if entry.level >= Level::Warn => {
                *self.complaints.entry(entry.service).or_default() += 1;
            }
            Some(_) => {}
        }
    }
}
