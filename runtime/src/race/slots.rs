//! Which slot of the clocks a goroutine counts in, in parallel programs.
//!
//! Clocks are as long as the highest slot, so slots are used again, and a new
//! occupant goes on counting where the old one ended. Until somebody learns of
//! the new one, that makes the old one's accesses look ordered before it: a race
//! between the two is missed. So a slot rests for a while: the one that was given
//! back the longest ago is taken, and only when enough others rest behind it. The
//! limit on goroutines alive at once is Go's race detector's.

use crate::lock::SpinLock;
use crate::sys::PageVec;

/// Goroutines alive at once under the race detector.
const LIMIT: u32 = 8128;

/// Slots that rest before one of them is used again.
const REST: usize = 256;

struct Table {
    /// Slots ever used; 0 is nobody's.
    used: u32,
    /// Given back, oldest first from `first` on, with the count they ended at.
    free: PageVec<(u32, u64)>,
    first: usize,
}

static TABLE: SpinLock<Table> = SpinLock::new(Table {
    used: 0,
    free: PageVec::new(),
    first: 0,
});

/// A slot, and the count its new occupant begins with.
pub(super) fn take() -> (u32, u64) {
    let mut table = TABLE.lock();
    let resting = table.free.len() - table.first;
    if resting < REST && table.used < LIMIT {
        table.used += 1;
        return (table.used, 1);
    }
    let first = table.first;
    let Some(&(slot, count)) = table.free.get(first) else {
        drop(table);
        crate::fatal::fatal(format_args!(
            "race: limit on {LIMIT} simultaneously alive goroutines is exceeded, dying; run a smaller load under MARMOTA_RACE=1"
        ));
    };
    table.first = first + 1;
    (slot, count + 1)
}

pub(super) fn give(slot: u32, count: u64) {
    let mut table = TABLE.lock();
    // The front half is used up: close ranks.
    if table.first > 64 && table.first * 2 > table.free.len() {
        let first = table.first;
        let rest = table.free.len() - first;
        table.free.copy_within(first.., 0);
        while table.free.len() > rest {
            table.free.pop();
        }
        table.first = 0;
    }
    table.free.push((slot, count));
}
