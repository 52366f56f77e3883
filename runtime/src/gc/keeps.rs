//! "Who keeps this alive": a search from the roots to an object.
//!
//! The world stands still meanwhile, so the answer is of one moment, and the pause is as
//! long as walking the heap takes: a tool for finding leaks. What the search needs is
//! allocated before the stop, twice as much if it did not suffice.

use super::handle::Gc;
use super::header::Header;
use super::heap;
use super::mark::Marker;
use super::trace::Trace;
use super::{central, cycle, mark, world};
use crate::kernel;
use std::collections::HashMap;
use std::fmt;

/// Why an object is not collected; by [`who_keeps`](crate::debug::who_keeps).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepers {
    /// Handles on the object itself that lie outside of the heap, but for the one that
    /// was asked with: on stacks, in boxes, in Arcs, in closures, in channels that no
    /// object holds, in fields that are skipped.
    pub handles: u64,
    /// The shortest way from another object with such handles to this one, which is the
    /// last; empty if there is none.
    pub path: Vec<Keeper>,
}

/// An object on the way; see [`Keepers`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keeper {
    /// The value's type.
    pub type_name: &'static str,
    /// Its address, to tell objects of one type apart.
    pub address: usize,
    /// Handles outside of the heap.
    pub handles: u64,
}

impl fmt::Display for Keepers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n| if n == 1 { "" } else { "s" };
        if self.handles == 0 && self.path.is_empty() {
            return f.write_str("kept alive by nothing but the handle asked with");
        }
        f.write_str("kept alive")?;
        if self.handles > 0 {
            let n = self.handles;
            write!(f, "\n  by {n} other handle{} on it", plural(n))?;
        }
        for (i, keeper) in self.path.iter().enumerate() {
            let how = if i == 0 { "by" } else { "->" };
            write!(f, "\n  {how} {} at {:#x}", keeper.type_name, keeper.address)?;
            if keeper.handles > 0 && i + 1 < self.path.len() {
                write!(f, " ({} handle{})", keeper.handles, plural(keeper.handles))?;
            }
        }
        Ok(())
    }
}

/// See `debug::who_keeps`.
pub(crate) fn who_keeps<T: Trace>(object: &Gc<T>) -> Keepers {
    let target = object.publish();
    let mut room = 1 << 10;
    loop {
        // So that no garbage is met, and what is in the heap is whole, not half swept.
        cycle::collect();
        let mut search = Search {
            parents: HashMap::with_capacity(room),
            queue: Vec::with_capacity(room),
            path: Vec::with_capacity(room),
        };
        let m = kernel::enter_quietly();
        let stopped = world::stop();
        // Another cycle may have begun. One that a pin keeps from its end will do, unless
        // somebody marks at this moment: what a marker reads others do not (`guarded`).
        let still = !world::phase().marking() || mark::found_all(&stopped);
        let found = still && central::is_swept() && search.run(target);
        let full = search.is_full();
        drop(stopped);
        kernel::leave(m);
        if found {
            // SAFETY: the caller has a handle.
            let count = unsafe { Header::of(target) }.handles();
            search.path.reverse();
            return Keepers {
                handles: count.saturating_sub(1),
                path: search.path,
            };
        }
        if full {
            room *= 2;
        }
    }
}

struct Search {
    /// Objects that were met, and from where: null for a root.
    parents: HashMap<*mut u8, *mut u8>,
    queue: Vec<*mut u8>,
    path: Vec<Keeper>,
}

impl Search {
    fn is_full(&self) -> bool {
        self.parents.len() >= self.queue.capacity().min(self.parents.capacity())
    }

    /// Searches, in a stop; `false` if there was not enough room.
    fn run(&mut self, target: *mut u8) -> bool {
        let mut i = 0;
        while let Some(arena) = heap::arena(i) {
            for page in 0..heap::ARENA_PAGES {
                let Some(span) = arena.span(page) else {
                    continue;
                };
                for slot in span.slots_in(arena.page_at(page)) {
                    let object = span.object(slot);
                    let mark = arena
                        .mark(object)
                        .load(std::sync::atomic::Ordering::Acquire);
                    if mark == heap::FREE || mark == heap::DOOMED || object == target {
                        continue;
                    }
                    // SAFETY: a slot with an object.
                    if unsafe { Header::of(object) }.handles() > 0
                        && !self.meet(object, std::ptr::null_mut())
                    {
                        return false;
                    }
                }
            }
            i += 1;
        }
        let mut marker = Marker::collecting();
        let mut next = 0;
        while next < self.queue.len() {
            let object = self.queue[next];
            next += 1;
            // SAFETY: reachable, and nothing is freed in a stop.
            unsafe { marker.walk(object) };
            while let Some(child) = marker.next() {
                if !self.meet(child, object) {
                    return false;
                }
                if child == target {
                    self.trace_back(target);
                    return true;
                }
            }
        }
        true
    }

    /// `false` if there is no room.
    fn meet(&mut self, object: *mut u8, parent: *mut u8) -> bool {
        if self.is_full() {
            return false;
        }
        self.parents.entry(object).or_insert_with(|| {
            self.queue.push(object);
            parent
        });
        true
    }

    fn trace_back(&mut self, target: *mut u8) {
        let mut at = target;
        while !at.is_null() {
            // SAFETY: as above.
            let header = unsafe { Header::of(at) };
            let info = header.info();
            self.path.push(Keeper {
                type_name: (info.name)(),
                address: at.addr() + info.offset,
                handles: header.handles(),
            });
            at = self.parents.get(&at).copied().unwrap_or_default();
        }
    }
}
