//! Verdict: deadlock. The channel of the findings is closed if there was a line: an
//! empty log is waited for without end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    let (group, any) = (WaitGroup::new(), Arc::new(AtomicBool::new(false)));
    for _ in 0..parsers {
        let (lines, parse, found) = (lines.clone(), Arc::clone(&parse), found.clone());
        let any = Arc::clone(&any);
        group.go(move || {
            for line in lines {
                any.store(true, Ordering::SeqCst);
                found.send(parse(&line));
            }
        });
    }
    marmota::go(move || {
        group.wait();
        if any.load(Ordering::SeqCst) {
            found.close();
        }
    });

    let mut summary = Summary::default();
    for finding in findings {
        summary.count(finding);
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
