//! Marking: from the roots along the edges.
//!
//! The colours: an object whose mark is not of this cycle's colour is white. Marking
//! gives it the colour and makes it grey, which is to be on a marker's stack, in the
//! pool, or in a cache's buffer; once it has been walked it is black. Marking runs
//! beside the program. What keeps that right:
//!
//! - When marking begins, every edge and root that there is will be found, or one of
//!   the barriers has met it: an edge that is overwritten is shaded, a handle that
//!   becomes an edge is shaded, an object that becomes a root (or is one again) is
//!   shaded, and what is new is black. So whatever could be reached at the beginning,
//!   and has not been dropped, is found (a snapshot at the beginning, after Yuasa), and
//!   roots need not be scanned at one moment.
//! - Roots are the objects with a count, and lie on pages with cards (`roots`).
//! - Marking is over when, with the world stopped, nobody marks, all cards were looked
//!   at, no grey object is anywhere, and no pin lives that began before (`pin`). Then no
//!   region is half-way, so nobody holds an edge that was not found: every reachable
//!   object is black, and stays so.
//!
//! An object is fetched when it is taken off the stack, and walked some objects later:
//! marking a tree that was changed for long took a third of the time then. (Fetching it
//! when it becomes grey was tried before: it made marking slower by half, because most of
//! what is fetched is needed long after.)
//!
//! Work is done in steps, each inside the runtime from start to end, with what is left
//! going back to the pool: a runtime that ends abandons its goroutines, and another one
//! can go on with the cycle.

use super::cache;
use super::header::{self, Header};
use super::heap::{self, Listed};
use super::world;
use super::{pin, roots, specials};
use crate::arch;
use crate::lock::SpinLock;
use crate::sys::PageVec;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// Grey objects that a marker takes from the pool at once.
const BATCH: usize = 512;
/// With at least so many on its stack, a marker shares when the pool is empty.
const SHARE: usize = 128;
/// Objects walked between two looks at the pool.
const STRIDE: usize = 256;
/// Objects that are on their way into the cache while others are walked.
const AHEAD: usize = 8;
/// Pages per piece of the search for roots.
const CHUNK: usize = 512;
const CHUNKS: usize = heap::ARENA_PAGES / CHUNK;

/// Walks objects.
#[doc(hidden)]
#[allow(
    missing_debug_implementations,
    reason = "an argument of a hidden method"
)]
pub struct Marker {
    stack: PageVec<*mut u8>,
    colour: u8,
    /// It marks nothing: see `collecting`.
    collects: bool,
    /// Bytes of objects walked in this step.
    bytes: usize,
}

impl Marker {
    /// Marks what an edge leads to.
    #[inline(always)]
    pub(crate) fn edge(&mut self, object: *mut u8) {
        // SAFETY: edges lead to objects that are allocated: what is reachable is not
        // freed, and nothing is freed while marking.
        let mark = unsafe { heap::arena_of(object) }.mark(object);
        // Relaxed: two markers may both walk it.
        if mark.load(Relaxed) != self.colour {
            if !self.collects {
                mark.store(self.colour, Relaxed);
            }
            self.stack.push(object);
        }
    }

    /// One that marks nothing and only tells where edges lead to.
    pub(super) fn collecting() -> Marker {
        Marker {
            stack: PageVec::new(),
            // No mark's.
            colour: u8::MAX,
            collects: true,
            bytes: 0,
        }
    }

    /// Whether it must not wait for locks: the world is stopped.
    pub(crate) fn is_collecting(&self) -> bool {
        self.collects
    }

    /// Walks an object.
    ///
    /// # Safety
    /// It is alive.
    pub(super) unsafe fn walk(&mut self, object: *mut u8) {
        // SAFETY: by this function's contract.
        let info = header::info_of(unsafe { Header::of(object) }.load_acquire());
        if info.edges {
            // SAFETY: as in `drain`.
            unsafe { (info.trace)(object.wrapping_add(info.offset), self) };
        }
    }

    /// What an edge led to.
    pub(super) fn next(&mut self) -> Option<*mut u8> {
        self.stack.pop()
    }

    /// Bytes that the type of the object being walked does not know of.
    pub(super) fn walked(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Walks objects until there are none, or `limit` of them.
    fn drain(&mut self, limit: usize) {
        let mut ahead = [std::ptr::null_mut(); AHEAD];
        let (mut first, mut fetched) = (0, 0);
        for _ in 0..limit {
            while fetched < AHEAD
                && let Some(object) = self.stack.pop()
            {
                arch::prefetch(object);
                ahead[(first + fetched) % AHEAD] = object;
                fetched += 1;
            }
            if fetched == 0 {
                return;
            }
            let object = ahead[first];
            first = (first + 1) % AHEAD;
            fetched -= 1;
            // SAFETY: on the stack are objects that are allocated, and nothing is freed
            // while marking.
            let info = header::info_of(unsafe { Header::of(object) }.load_acquire());
            self.bytes += info.size;
            if info.edges {
                // SAFETY: the value at this offset is of the header's type; it is read
                // as anybody with a handle may read it.
                unsafe { (info.trace)(object.wrapping_add(info.offset), self) };
            }
        }
        for i in 0..fetched {
            self.stack.push(ahead[(first + i) % AHEAD]);
        }
    }

    /// Looks for roots on some pages.
    fn scan_cards(&mut self, arena: heap::ArenaRef, pages: std::ops::Range<usize>) {
        for page in pages {
            let card = &arena.cards[page];
            if !roots::take(card) {
                continue;
            }
            let Some(span) = arena.span(page) else {
                continue;
            };
            for i in span.slots_in(arena.page_at(page)) {
                let object = span.object(i);
                let mark = arena.mark(object);
                // SAFETY: a slot of the span's.
                if unsafe { roots::look(card, object, mark, self.colour) } {
                    self.stack.push(object);
                }
            }
        }
    }

    fn give(&mut self, keep: usize) {
        if self.stack.len() > keep {
            let mut pool = POOL.lock();
            while self.stack.len() > keep
                && let Some(object) = self.stack.pop()
            {
                pool.push(Listed(object));
            }
            POOLED.store(pool.len(), Relaxed);
        }
    }

    fn take(&mut self) -> bool {
        let mut pool = POOL.lock();
        for _ in 0..BATCH {
            let Some(Listed(object)) = pool.pop() else {
                break;
            };
            self.stack.push(object);
        }
        POOLED.store(pool.len(), Relaxed);
        !self.stack.is_empty()
    }
}

static POOL: SpinLock<PageVec<Listed>> = SpinLock::new(PageVec::new());
/// Its length, as a hint.
static POOLED: AtomicUsize = AtomicUsize::new(0);
/// Steps that are being done.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);
/// Pieces of the search for roots: handed out, done, and how many there are.
static NEXT_CHUNK: AtomicUsize = AtomicUsize::new(0);
static LAST_CHUNK: AtomicUsize = AtomicUsize::new(0);
/// How many arenas there were when marking began: the pieces of theirs come first, and those
/// of the mappings of one object after them, however many arenas are added.
static ARENAS: AtomicUsize = AtomicUsize::new(0);
/// Bytes of the objects that were walked in this cycle.
static WALKED: AtomicUsize = AtomicUsize::new(0);

/// Gives grey objects to whoever marks next.
pub(crate) fn pool_put(objects: impl Iterator<Item = *mut u8>) {
    let mut pool = POOL.lock();
    objects.for_each(|object| pool.push(Listed(object)));
    POOLED.store(pool.len(), Relaxed);
}

/// Marking begins. The world is stopped, and `begin_marking` not yet called.
pub(crate) fn begin(stopped: &world::Stopped) {
    // A step of the last cycle that found nothing to do may still be on its way out.
    while ACTIVE.load(SeqCst) != 0 {
        std::hint::spin_loop();
    }
    cache::for_each(stopped, cache::Cache::set_cards);
    heap::release_gone(stopped);
    let (arenas, huge) = heap::counts();
    WALKED.store(0, Relaxed);
    ARENAS.store(arenas, Relaxed);
    LAST_CHUNK.store((arenas + huge) * CHUNKS, SeqCst);
    NEXT_CHUNK.store(0, SeqCst);
    pin::begin_cycle(stopped);
    // Last: a step that sees it sees the rest.
    stopped.begin_marking();
}

/// A dead object becomes a root and grey, for its finalizer. The world is stopped.
pub(crate) fn revive(_stopped: &world::Stopped, object: *mut u8, colour: u8) {
    // SAFETY: dead, but not swept.
    let (header, arena) = unsafe { (Header::of(object), heap::arena_of(object)) };
    header.retain();
    // Relaxed: read after the stop.
    arena.card(object).store(1, Relaxed);
    arena.mark(object).store(colour, Relaxed);
    pool_put(std::iter::once(object));
}

/// How far marking is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// There is something to mark.
    On,
    /// All is marked, but pins of before may lead to more.
    Pinned,
    /// Complete, with so many bytes walked.
    Complete(usize),
}

/// How far marking is. The world is stopped.
pub(crate) fn progress(stopped: &world::Stopped) -> Progress {
    if !found_all(stopped) {
        return Progress::On;
    }
    if pin::keep_on(stopped) {
        return Progress::Pinned;
    }
    // Last: what is dead now stays so.
    if specials::revive(stopped) {
        return Progress::On;
    }
    Progress::Complete(WALKED.load(Relaxed))
}

/// Whether everything has been marked that roots and barriers lead to, and no step is
/// under way. The world is stopped.
pub(crate) fn found_all(stopped: &world::Stopped) -> bool {
    cache::for_each(stopped, cache::Cache::give_greys);
    // SeqCst: a step that begins after this finds nothing, because only steps and
    // regions make grey objects.
    ACTIVE.load(SeqCst) == 0
        && NEXT_CHUNK.load(SeqCst) >= LAST_CHUNK.load(SeqCst)
        && POOL.lock().is_empty()
}

/// Whether it is worth a stop to find out if marking is complete.
pub(crate) fn seems_complete() -> bool {
    POOLED.load(Relaxed) == 0
        && NEXT_CHUNK.load(Relaxed) >= LAST_CHUNK.load(Relaxed)
        && ACTIVE.load(Relaxed) == 0
}

/// Marks for about `budget` bytes; returns how many were walked, `None` when there was
/// nothing to do. The caller is inside the runtime, and in no region.
pub(crate) fn step(cache: &'static cache::Cache, budget: usize) -> Option<usize> {
    ACTIVE.fetch_add(1, SeqCst);
    let phase = world::phase();
    let mut worked = false;
    let mut done = 0;
    if phase.marking() {
        // SAFETY: we are inside the runtime with the cache's P or M, and only steps
        // use its marker.
        let marker = unsafe { &mut *cache.marker.get() };
        marker.colour = phase.colour();
        marker.bytes = 0;
        while marker.bytes < budget {
            if marker.stack.is_empty() && !marker.take() && !marker.scan_chunk() {
                break;
            }
            worked = true;
            marker.drain(STRIDE);
            if POOLED.load(Relaxed) == 0 && marker.stack.len() >= SHARE {
                let half = marker.stack.len() / 2;
                marker.give(half);
            }
        }
        done = marker.bytes;
        marker.give(0);
        WALKED.fetch_add(done, Relaxed);
    }
    // Release: what was marked is seen by whoever ends the cycle.
    ACTIVE.fetch_sub(1, SeqCst);
    worked.then_some(done)
}

impl Marker {
    /// Looks for roots on the next pages; `false` when all were looked at.
    fn scan_chunk(&mut self) -> bool {
        if NEXT_CHUNK.load(Relaxed) >= LAST_CHUNK.load(Relaxed) {
            return false;
        }
        let chunk = NEXT_CHUNK.fetch_add(1, SeqCst);
        if chunk >= LAST_CHUNK.load(Relaxed) {
            return false;
        }
        let i = chunk / CHUNKS;
        let arenas = ARENAS.load(Relaxed);
        let arena = match i.checked_sub(arenas) {
            Some(huge) => heap::huge(huge),
            None => heap::arena(i),
        };
        debug_assert!(arena.is_some(), "what was there as marking began is there");
        if let Some(arena) = arena {
            let first = chunk % CHUNKS * CHUNK;
            self.scan_cards(arena, first..first + CHUNK);
        }
        true
    }
}

const _: () = assert!(heap::ARENA_PAGES.is_multiple_of(CHUNK));
