//! What came of deterministic runs, as data and as text.

use super::blocked::circle;
use super::trace::Trace;
use crate::debug::Hopeless;
use crate::kernel::WaitReason;
use crate::race::Race;
use std::fmt;
use std::panic::Location;

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

impl Place {
    /// Whether it lies in the standard library, whose adapters pass no caller on.
    pub fn is_in_std(&self) -> bool {
        self.file.starts_with("/rustc/")
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
    /// The locks it holds.
    pub holds: Vec<Held>,
    /// Who would have to act for it to go on, as far as that is known: the holders
    /// of the lock, the goroutine it joins.
    pub waits_for: Vec<Partner>,
    /// Why nobody can act for it any more, if that is certain.
    pub hopeless: Option<Hopeless>,
    /// Who used the other side of the channel before, and so could have acted: with the
    /// place of the last time.
    pub other_side: Vec<Partner>,
}

/// A lock that somebody holds.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Held {
    /// What it is: `mutex`.
    pub what: &'static str,
    /// Where it was taken.
    pub at: Place,
}

/// A goroutine that another one waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Partner {
    /// Its number.
    pub goroutine: u64,
    /// What it holds or owes (`mutex`, `result`), or what it did (`sent on`).
    pub what: &'static str,
    /// Since where: the call that took the lock, or started the goroutine; or where it
    /// did it.
    pub at: Place,
    /// It has ended, and so never will.
    pub ended: bool,
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
        for partner in &self.waits_for {
            let Partner {
                goroutine,
                what,
                at,
                ended,
            } = partner;
            match (*what, ended) {
                (RESULT, _) => write!(f, "\n    waits for goroutine {goroutine} to end")?,
                (DONE, _) => write!(f, "\n    waits for the done of goroutine {goroutine}")?,
                (_, false) => write!(
                    f,
                    "\n    waits for goroutine {goroutine}, which holds the {what} since {at}"
                )?,
                (_, true) => write!(
                    f,
                    "\n    waits for the {what} that goroutine {goroutine} took at {at}; it has ended without giving it back"
                )?,
            }
        }
        if let Some(why) = self.hopeless {
            write!(f, "\n    {why}")?;
        }
        for partner in &self.other_side {
            let Partner {
                goroutine,
                what,
                at,
                ended,
            } = partner;
            write!(f, "\n    goroutine {goroutine} {what} it at {at}")?;
            f.write_str(if *ended {
                ", and has ended"
            } else {
                ", and waits itself now"
            })?;
        }
        for Held { what, at } in &self.holds {
            write!(f, "\n    holds the {what} it took at {at}")?;
        }
        Ok(())
    }
}

/// What a goroutine owes to those who join it, and to a group that counts it.
pub(super) const RESULT: &str = "result";
pub(super) const DONE: &str = "done";

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
    /// Two accesses to a [`RaceCell`](crate::race::RaceCell) that nothing orders.
    Race(Race),
    /// The same schedule took another course the second time: something that the
    /// driver does not control decides. See [`Report::note`].
    Nondeterministic,
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
    /// The schedule that failed first, before it was made small; `None` if it is
    /// `replay`.
    pub found_by: Option<String>,
    /// Every schedule there is was run: within the program's inputs, a proof.
    pub exhaustive: bool,
    /// What happened in the failing run, for a picture.
    pub trace: Option<Trace>,
    /// More to know about the verdict.
    pub note: Option<String>,
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
                list(f, all)?;
                circle(f, all)
            }
            Verdict::Leak(all) => {
                f.write_str("leak: main has returned but goroutines remain")?;
                list(f, all)?;
                circle(f, all)
            }
            Verdict::Livelock { steps } => {
                write!(f, "livelock: no end after {steps} steps")
            }
            Verdict::Race(race) => race.fmt(f),
            Verdict::Nondeterministic => f.write_str(NONDETERMINISTIC),
        }
    }
}

const NONDETERMINISTIC: &str = "nondeterministic: the same schedule took another course the second time\nsomething decides that a deterministic run does not control: the order of a HashMap, the wall clock, randomness, an address, a thread, or what an earlier run left in a static; take it out of the code under test (or Explorer::check_determinism(false), if it does no harm)";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict)?;
        if let Some(note) = &self.note {
            writeln!(f, "{note}")?;
        }
        if let Some(trace) = &self.trace {
            writeln!(f, "\n{}", trace.lanes())?;
        }
        let s = if self.schedules == 1 { "" } else { "s" };
        write!(f, "after {} schedule{s}", self.schedules)?;
        if self.exhaustive {
            f.write_str(", which are all there are")?;
        }
        if let Some(found) = &self.found_by {
            write!(f, " (found by {found})")?;
        }
        if let Some(replay) = &self.replay {
            write!(f, "; run it again with MARMOTA_SEED={replay}")?;
        }
        Ok(())
    }
}
