//! What the detector knows of a cell: its last write, and the reads since.
//!
//! FastTrack's observation: as long as there is no race, all writes are ordered,
//! so the last one stands for all; and a read that follows another read in order
//! stands for both. Only reads that are unordered among themselves need a list.

use super::hooks::clock_of;
use super::memory::Array;
use super::report::{Access, AccessKind, Race};
use crate::sched::GRef;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// One access, as remembered: its epoch (slot and count), and who and where.
#[derive(Clone, Copy)]
struct Seen {
    slot: u32,
    count: u64,
    goroutine: u64,
    parent: u64,
    at: &'static Location<'static>,
    created_at: Option<&'static Location<'static>>,
}

// SAFETY: plain data.
unsafe impl Send for Seen {}

impl Seen {
    fn now(g: GRef, at: &'static Location<'static>) -> Seen {
        let slot = g.race_slot.get();
        Seen {
            slot,
            count: g.race_clock.knows(slot),
            goroutine: g.id.load(Relaxed),
            parent: g.parent.load(Relaxed),
            at,
            created_at: g.created_at(),
        }
    }

    fn before(&self, g: GRef) -> bool {
        self.count <= g.race_clock.knows(self.slot)
    }

    fn access(&self, kind: AccessKind) -> Access {
        Access {
            kind,
            goroutine: self.goroutine,
            at: self.at.into(),
            created_at: self
                .created_at
                .filter(|_| self.parent != 0)
                .map(|at| at.into()),
            parent: self.parent,
        }
    }
}

pub(super) struct Shadow {
    /// The run it is about.
    era: u64,
    write: Option<Seen>,
    reads: Array<Seen>,
    /// Its first race was reported.
    silent: bool,
}

impl Shadow {
    pub(super) const fn new() -> Self {
        Shadow {
            era: 0,
            write: None,
            reads: Array::new(),
            silent: false,
        }
    }

    /// Notes an access of the current goroutine; gives the race it completes.
    /// Called under the cell's lock.
    pub(super) fn access(
        &mut self,
        g: GRef,
        kind: AccessKind,
        at: &'static Location<'static>,
        variable: &'static Location<'static>,
    ) -> Option<Race> {
        let clock = clock_of(g);
        if self.era != clock.era() {
            self.era = clock.era();
            self.write = None;
            self.reads.clear();
            self.silent = false;
        }
        if self.silent {
            return None;
        }
        let now = Seen::now(g, at);
        let unordered_write = self
            .write
            .filter(|w| !w.before(g))
            .map(|w| (w, AccessKind::Write));
        let previous = unordered_write.or_else(|| match kind {
            AccessKind::Read => None,
            AccessKind::Write => self
                .reads
                .iter()
                .find(|r| !r.before(g))
                .map(|&r| (r, AccessKind::Read)),
        });
        if let Some((seen, previous)) = previous {
            self.silent = true;
            return Some(Race {
                current: now.access(kind),
                previous: seen.access(previous),
                variable: variable.into(),
            });
        }
        match kind {
            AccessKind::Write => {
                self.write = Some(now);
                self.reads.clear();
            }
            AccessKind::Read => self.read(g, now),
        }
        None
    }

    fn read(&mut self, g: GRef, now: Seen) {
        // Ours replaces one that it follows: the usual case has one at most.
        match self.reads.iter_mut().find(|r| r.before(g)) {
            Some(earlier) => *earlier = now,
            None => self.reads.push(now),
        }
    }
}
