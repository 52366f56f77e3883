//! What a run keeps about its goroutines: steps, turns, and who started whom.

use crate::sched::GRef;

/// One goroutine of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Operations begun.
    pub(crate) steps: u32,
    /// Decisions come to.
    pub(crate) moments: u32,
    /// Goroutines started.
    pub(crate) children: u32,
    pub(crate) parent: u32,
    /// When it last became runnable, on a counter of such events.
    pub(crate) since: u64,
    /// Names it across schedules: made of its parent's and of how many that had
    /// started before.
    pub(crate) path: u64,
}

/// All goroutines of a run, by number; 0 is the driver itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    steps: u64,
    /// Steps of the current turn, and whose it is.
    turn: u32,
    turn_of: u32,
    events: u64,
}

pub(crate) fn path_of_child(path: u64, nth: u32) -> u64 {
    (path ^ u64::from(nth).wrapping_add(0x9E37_79B9_7F4A_7C15))
        .wrapping_mul(0xBF58_476D_1CE4_E5B9)
        .rotate_left(29)
}

impl Ledger {
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.entries.push(Entry::default());
        self.steps = 0;
        self.turn = 0;
        self.turn_of = 0;
        self.events = 0;
    }

    /// A goroutine was started; the first is 1.
    pub(crate) fn start(&mut self, parent: u32) -> u32 {
        let by = &mut self.entries[parent as usize];
        let path = path_of_child(by.path, by.children);
        by.children += 1;
        self.events += 1;
        self.entries.push(Entry {
            parent,
            path,
            since: self.events,
            ..Entry::default()
        });
        self.entries.len() as u32 - 1
    }

    #[inline]
    pub(crate) fn step(&mut self, who: u32) {
        self.steps += 1;
        self.entries[who as usize].steps += 1;
        if who == self.turn_of {
            self.turn += 1;
        } else {
            self.turn_of = who;
            self.turn = 1;
        }
    }

    #[inline]
    pub(crate) fn moment(&mut self, who: u32) -> u32 {
        let entry = &mut self.entries[who as usize];
        entry.moments += 1;
        entry.moments
    }

    #[inline]
    pub(crate) fn runnable(&mut self, g: GRef) {
        self.events += 1;
        self.entries[super::strategy::id_of(g) as usize].since = self.events;
    }

    pub(crate) fn of(&self, id: u32) -> &Entry {
        &self.entries[id as usize]
    }

    /// The goroutine that was started last.
    pub(crate) fn last(&self) -> u32 {
        self.entries.len() as u32 - 1
    }

    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    pub(crate) fn turn(&self) -> u32 {
        self.turn
    }

    /// Steps of each goroutine and of all that descend from it, by path.
    pub(crate) fn totals(&self) -> impl Iterator<Item = (u64, u32)> {
        let mut totals: Vec<u32> = self.entries.iter().map(|e| e.steps).collect();
        // Children have higher numbers than their parents.
        for id in (1..totals.len()).rev() {
            let parent = self.entries[id].parent as usize;
            totals[parent] = totals[parent].saturating_add(totals[id]);
        }
        let paths: Vec<u64> = self.entries.iter().map(|e| e.path).collect();
        paths.into_iter().zip(totals).skip(1)
    }
}
