//! Two accesses that nothing orders, in the shape of Go's race reports.

use crate::sim::Place;
use std::fmt;

/// What an access did.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AccessKind {
    /// It read.
    Read,
    /// It wrote.
    Write,
}

/// One of the two accesses of a race.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Read or write.
    pub kind: AccessKind,
    /// Whose.
    pub goroutine: u64,
    /// The call.
    pub at: Place,
    /// Where the goroutine was started; `None` for the first.
    pub created_at: Option<Place>,
    pub(super) parent: u64,
}

/// Two accesses to one variable, at least one of them a write, that nothing
/// orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Race {
    /// The access that completed the race.
    pub current: Access,
    /// The one before it.
    pub previous: Access,
    /// Where the variable was made.
    pub variable: Place,
}

impl fmt::Display for Race {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, before) = (&self.current, &self.previous);
        let (first, then) = match (now.kind, before.kind) {
            (AccessKind::Read, _) => ("Read", "write"),
            (AccessKind::Write, AccessKind::Read) => ("Write", "read"),
            (AccessKind::Write, AccessKind::Write) => ("Write", "write"),
        };
        writeln!(f, "WARNING: DATA RACE")?;
        writeln!(f, "{first} by goroutine {}:", now.goroutine)?;
        writeln!(f, "  {}\n", now.at)?;
        writeln!(f, "Previous {then} by goroutine {}:", before.goroutine)?;
        writeln!(f, "  {}\n", before.at)?;
        writeln!(f, "The variable was made at:\n  {}", self.variable)?;
        for access in [now, before] {
            if let Some(at) = access.created_at {
                let (g, parent) = (access.goroutine, access.parent);
                write!(
                    f,
                    "\nGoroutine {g} was created by goroutine {parent} at:\n  {at}"
                )?;
                f.write_str(if access == now { "\n" } else { "" })?;
            }
        }
        Ok(())
    }
}
