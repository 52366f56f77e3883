//! What came of deterministic runs, as data and as text.

use crate::kernel::WaitReason;
use crate::sched::{G, Status};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// A place in the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file as the compiler named it.
    pub file: &'static str,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

impl From<&'static Location<'static>> for Place {
    fn from(at: &'static Location<'static>) -> Self {
        Place {
            file: at.file(),
            line: at.line(),
            column: at.column(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A goroutine that waits, and will wait for ever.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Blocked {
    /// Its number; the first goroutine of a run is 1.
    pub goroutine: u64,
    /// What it waits for.
    pub reason: WaitReason,
    /// The call that waits.
    pub at: Option<Place>,
    /// Where it was started; `None` for the first.
    pub created_at: Option<Place>,
}

impl Blocked {
    pub(crate) fn of(g: &'static G) -> Blocked {
        let first = g.parent.load(Relaxed) == 0;
        Blocked {
            goroutine: g.id.load(Relaxed),
            reason: g.reason(),
            at: g
                .waits_at()
                .filter(|_| g.status() == Status::Waiting)
                .map(Place::from),
            created_at: g.created_at().filter(|_| !first).map(Place::from),
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "goroutine {} [{}]", self.goroutine, self.reason)?;
        if let Some(at) = self.at {
            write!(f, " at {at}")?;
        }
        if let Some(at) = self.created_at {
            write!(f, ", started at {at}")?;
        }
        Ok(())
    }
}

/// A panic that nobody recovered.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PanicInfo {
    /// Its text.
    pub message: String,
    /// Where it began: file, line, column.
    pub location: Option<(String, u32, u32)>,
    /// In which goroutine.
    pub goroutine: u64,
}

impl fmt::Display for PanicInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "goroutine {} panicked", self.goroutine)?;
        if let Some((file, line, _)) = &self.location {
            write!(f, " at {file}:{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// How a run, or an exploration, ended.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Every run ended well.
    Passed,
    /// A panic that nobody recovered.
    Panicked(PanicInfo),
    /// Nothing could run any more; these wait.
    Deadlock(Vec<Blocked>),
    /// The first goroutine has returned, and these would wait for ever.
    Leak(Vec<Blocked>),
    /// The step limit was reached: the program goes round in circles, or needs a
    /// higher limit.
    Livelock {
        /// Steps taken.
        steps: u64,
    },
}

/// What came of an exploration.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The first failure, or `Passed`.
    pub verdict: Verdict,
    /// How many schedules ran, the failing one included.
    pub schedules: u64,
    /// The value of `MARMOTA_SEED` that runs the failing schedule again.
    pub replay: Option<String>,
}

impl Report {
    /// Whether every run ended well.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, all: &[Blocked]| {
            all.iter().try_for_each(|b| write!(f, "\n  {b}"))
        };
        match self {
            Verdict::Passed => f.write_str("passed"),
            Verdict::Panicked(info) => info.fmt(f),
            Verdict::Deadlock(all) => {
                f.write_str("deadlock: all goroutines are blocked")?;
                list(f, all)
            }
            Verdict::Leak(all) => {
                f.write_str("leak: main has returned but goroutines remain")?;
                list(f, all)
            }
            Verdict::Livelock { steps } => {
                write!(f, "livelock: no end after {steps} steps")
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.schedules == 1 { "" } else { "s" };
        write!(f, "{}\nafter {} schedule{s}", self.verdict, self.schedules)?;
        if let Some(replay) = &self.replay {
            write!(f, "; run it again with MARMOTA_SEED={replay}")?;
        }
        Ok(())
    }
}
