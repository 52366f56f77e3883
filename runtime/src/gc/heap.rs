//! Pages: arenas, the tables at their heads, and who has which page.
//!
//! The heap is a list of arenas of 64 MB, aligned to their size, so that the tables
//! about an object are found from its address alone, without a look at its span:
//!
//! ```text
//!  arena                                                              + 64 MB
//!  | marks: a byte per 16 bytes | spans | cards | page map | pages … |
//!     0 free  1, 2 a colour  3 to be dropped
//! ```
//!
//! - *marks*: one byte for the slot that begins there. A slot is free when it is 0. A
//!   byte and not a bit, because setting a bit that others may set beside it takes a
//!   locked instruction, four times the price of marking; two markers that set the same
//!   byte at once both walk the object, which harms nobody.
//! - *cards*: one byte per page. Where an object was allocated or became a root, its
//!   page's card is set; so the pages whose cards are clear have no roots.
//!
//! Pages are taken lowest first, which keeps the heap dense. Arenas are never given
//! back, their pages are (`scavenge`); an object larger than an arena has a mapping of
//! its own.

use super::classes::PAGE;
use super::native;
use super::span::Span;
use crate::lock::SpinLock;
use crate::sys::{self, PageVec};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU64};

/// An object on a list that threads share.
#[derive(Clone, Copy)]
pub(crate) struct Listed(pub(crate) *mut u8);

// SAFETY: an address; who may do what with the object is the list's affair.
unsafe impl Send for Listed {}

pub(crate) const ARENA: usize = 64 << 20;
pub(crate) const ARENA_PAGES: usize = ARENA / PAGE;
const WORDS: usize = ARENA_PAGES / 64;
/// Pages that the tables take.
pub(crate) const HEAD: usize = size_of::<Arena>().div_ceil(PAGE);
/// Bytes per entry in the table of marks.
const GRANULE_SHIFT: u32 = 4;

/// Bytes of the tables that are about one page.
const TABLES_PER_PAGE: usize = (PAGE >> GRANULE_SHIFT) + size_of::<AtomicPtr<Span>>() + 1;

/// Values of a mark besides the colours 1 and 2.
pub(crate) const FREE: u8 = 0;
pub(crate) const DOOMED: u8 = 3;

#[repr(C)]
pub(crate) struct Arena {
    marks: [AtomicU8; ARENA >> GRANULE_SHIFT],
    spans: [AtomicPtr<Span>; ARENA_PAGES],
    pub(crate) cards: [AtomicU8; ARENA_PAGES],
    /// Under the page heap's lock, like all that follows.
    used: [Cell<u64>; WORDS],
    /// Free pages that may have memory behind them.
    backed: [Cell<u64>; WORDS],
    free: Cell<usize>,
    /// No page below is free.
    first: Cell<usize>,
    /// No page from here on was ever used, and the tables say nothing of it yet.
    touched: Cell<usize>,
}

pub(crate) type ArenaRef = &'static Arena;

/// The arena of an object.
///
/// # Safety
/// `object` is the address of a slot of the heap.
#[inline(always)]
pub(crate) unsafe fn arena_of(object: *mut u8) -> ArenaRef {
    let base = object.map_addr(|a| a & !(ARENA - 1));
    // SAFETY: slots lie in arenas, which are aligned and live for ever, or as long as
    // the one object of a mapping of its own. All shared fields are atomic.
    unsafe { &*base.cast::<Arena>() }
}

impl Arena {
    #[inline(always)]
    pub(crate) fn mark(&self, object: *mut u8) -> &AtomicU8 {
        let at = (object.addr() & (ARENA - 1)) >> GRANULE_SHIFT;
        // SAFETY: the table has an entry for every 16 bytes of an arena.
        unsafe { self.marks.get_unchecked(at) }
    }

    #[inline(always)]
    pub(crate) fn card(&self, object: *mut u8) -> &AtomicU8 {
        let at = (object.addr() & (ARENA - 1)) / PAGE;
        // SAFETY: the table has an entry for every page of an arena.
        unsafe { self.cards.get_unchecked(at) }
    }

    /// The span that begins at, or has, this page.
    pub(crate) fn span(&self, page: usize) -> Option<&'static Span> {
        // Relaxed: read for pages whose card was set after the span was entered.
        // SAFETY: only ever stored from a `&'static Span`.
        unsafe { self.spans[page].load(Relaxed).as_ref() }
    }

    /// The address of a page.
    pub(crate) fn page_at(&self, page: usize) -> *mut u8 {
        self.base().wrapping_add(page * PAGE)
    }

    fn base(&self) -> *mut u8 {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    fn page_of(&self, at: *mut u8) -> usize {
        (at.addr() - self.base().addr()) / PAGE
    }

    fn is_used(&self, page: usize) -> bool {
        self.used[page / 64].get() >> (page % 64) & 1 != 0
    }

    fn set_used(&self, page: usize, n: usize, used: bool) {
        for page in page..page + n {
            let (word, bit) = (&self.used[page / 64], 1 << (page % 64));
            word.set(if used {
                word.get() | bit
            } else {
                word.get() & !bit
            });
        }
    }

    fn set_backed(&self, page: usize, n: usize, backed: bool) -> usize {
        let mut changed = 0;
        for page in page..page + n {
            let (word, bit) = (&self.backed[page / 64], 1 << (page % 64));
            changed += usize::from((word.get() & bit != 0) != backed);
            word.set(if backed {
                word.get() | bit
            } else {
                word.get() & !bit
            });
        }
        changed
    }

    /// The first `n` free pages in a row.
    fn find(&self, n: usize) -> Option<usize> {
        let (mut page, mut run) = (self.first.get(), 0);
        while page < ARENA_PAGES {
            if page.is_multiple_of(64) && self.used[page / 64].get() == u64::MAX {
                (page, run) = (page + 64, 0);
                continue;
            }
            run = if self.is_used(page) { 0 } else { run + 1 };
            page += 1;
            if run == n {
                return Some(page - n);
            }
        }
        None
    }
}

/// What the page heap has, in bytes.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Totals {
    /// Asked of the system: tables and pages.
    pub(crate) reserved: usize,
    /// The tables' part of it.
    pub(crate) tables: usize,
    /// Pages in spans.
    pub(crate) in_use: usize,
    /// Free pages that may have memory behind them.
    pub(crate) idle_backed: usize,
    /// The part of the tables that may have memory behind it.
    pub(crate) tables_backed: usize,
}

impl Totals {
    fn ready(&self) -> usize {
        self.in_use + self.idle_backed + self.tables_backed
    }
}

/// The totals as the pacer needs them at every trigger, without the lock.
static READY: AtomicU64 = AtomicU64::new(0);
static IDLE_BACKED: AtomicU64 = AtomicU64::new(0);
/// What `READY` and the native heap should stay below together.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// Bytes that have memory behind them, and those of them in free pages.
pub(crate) fn ready() -> (u64, u64) {
    // Relaxed: each is right by itself.
    (READY.load(Relaxed), IDLE_BACKED.load(Relaxed))
}

/// From now on free pages are given back before the heap takes more than this.
pub(crate) fn set_limit(bytes: u64) {
    LIMIT.store(bytes, Relaxed);
}

/// Whether more pages would be too many for the limit.
pub(crate) fn is_tight() -> bool {
    let (ready, free) = ready();
    (ready + native::bytes()).saturating_sub(free) >= LIMIT.load(Relaxed) / 64 * 63
}

pub(crate) struct PageHeap {
    arenas: PageVec<ArenaRef>,
    /// Mappings with one object each.
    huge: PageVec<ArenaRef>,
    /// Of those, what is dead, and its bytes: a weak pointer that was read before may lead
    /// to its mark, until the world has been stopped once.
    gone: PageVec<(ArenaRef, usize)>,
    totals: Totals,
}

// SAFETY: the arenas' cells belong to whoever holds the page heap's lock.
unsafe impl Send for PageHeap {}

static HEAP: SpinLock<PageHeap> = SpinLock::new(PageHeap {
    arenas: PageVec::new(),
    huge: PageVec::new(),
    gone: PageVec::new(),
    totals: Totals {
        reserved: 0,
        tables: 0,
        in_use: 0,
        idle_backed: 0,
        tables_backed: 0,
    },
});

/// Takes `n` pages. All their marks are free and their cards clear; what lies in
/// them is anything.
pub(crate) fn take_pages(n: usize) -> *mut u8 {
    let at = HEAP.lock().take(n);
    // Relaxed: both change under the lock or seldom, and a late look scavenges late.
    let taken = READY.load(Relaxed) + native::bytes();
    let over = taken.saturating_sub(LIMIT.load(Relaxed));
    if over > 0 && IDLE_BACKED.load(Relaxed) > 0 {
        scavenge(over as usize);
    }
    at
}

/// Takes pages back whose marks are all free.
///
/// # Safety
/// They came from [`take_pages`] with this number, and nothing refers to them.
pub(crate) unsafe fn give_pages(at: *mut u8, n: usize) {
    let mut heap = HEAP.lock();
    heap.totals.in_use -= n * PAGE;
    // SAFETY: by this function's contract.
    let arena = unsafe { arena_of(at) };
    let page = arena.page_of(at);
    if n > ARENA_PAGES - HEAD {
        heap.give_huge(arena, n);
        return;
    }
    for page in page..page + n {
        arena.spans[page].store(std::ptr::null_mut(), Relaxed);
        arena.cards[page].store(0, Relaxed);
    }
    arena.set_used(page, n, false);
    arena.set_backed(page, n, true);
    heap.totals.idle_backed += n * PAGE;
    arena.free.set(arena.free.get() + n);
    arena.first.set(arena.first.get().min(page));
    heap.tell();
}

/// Enters a new span in the table of its arena.
pub(crate) fn enter_span(span: &'static Span, at: *mut u8, pages: usize) {
    // SAFETY: the span's pages were just taken.
    let arena = unsafe { arena_of(at) };
    let first = arena.page_of(at);
    // An object larger than an arena begins in its first page, and only that counts.
    for page in first..(first + pages).min(ARENA_PAGES) {
        // Release: the span is set up when it is found by a card.
        arena.spans[page].store(std::ptr::from_ref(span).cast_mut(), Release);
    }
}

/// The arena number `i`. What is added comes last.
pub(crate) fn arena(i: usize) -> Option<ArenaRef> {
    HEAP.lock().arenas.get(i).copied()
}

/// The mapping of one object number `i`. While marking is on none goes away, and what is
/// added comes last.
pub(crate) fn huge(i: usize) -> Option<ArenaRef> {
    HEAP.lock().huge.get(i).copied()
}

/// How many arenas there are, and mappings of one object.
pub(crate) fn counts() -> (usize, usize) {
    let heap = HEAP.lock();
    (heap.arenas.len(), heap.huge.len())
}

/// Gives the mappings of dead objects back. The world is stopped: nobody looks at their
/// marks any more.
pub(crate) fn release_gone(_stopped: &super::world::Stopped) {
    let mut heap = HEAP.lock();
    while let Some((arena, bytes)) = heap.gone.pop() {
        if let Some(base) = NonNull::new(arena.base()) {
            // SAFETY: made by `map` with as many bytes; the object in it is dead, it is in
            // no list, and no region is left that found it before it was.
            unsafe { sys::release(base, bytes) };
        }
    }
}

pub(crate) fn totals() -> Totals {
    HEAP.lock().totals
}

/// Gives at most `bytes` of free pages back to the system, highest first; returns how
/// many it gave.
pub(crate) fn scavenge(bytes: usize) -> usize {
    let mut given = 0;
    let mut i = HEAP.lock().arenas.len();
    while i > 0 && given < bytes {
        i -= 1;
        // A word of pages at a time, so that the lock is held for one system call.
        for word in (0..WORDS).rev() {
            if given >= bytes {
                break;
            }
            given += HEAP.lock().scavenge_word(i, word);
        }
    }
    given
}

impl PageHeap {
    fn take(&mut self, n: usize) -> *mut u8 {
        self.totals.in_use += n * PAGE;
        if n > ARENA_PAGES - HEAD {
            return self.take_huge(n);
        }
        let found = self
            .arenas
            .iter()
            .filter(|arena| arena.free.get() >= n)
            .find_map(|arena| Some((*arena, arena.find(n)?)));
        let (arena, page) = found.unwrap_or_else(|| (self.add_arena(), HEAD));
        arena.set_used(page, n, true);
        let was_backed = arena.set_backed(page, n, false);
        self.totals.idle_backed -= was_backed * PAGE;
        arena.free.set(arena.free.get() - n);
        if page == arena.first.get() {
            arena.first.set(page + n);
        }
        let new = (page + n).saturating_sub(arena.touched.get());
        arena.touched.set(arena.touched.get() + new);
        self.totals.tables_backed += new * TABLES_PER_PAGE;
        self.tell();
        arena.base().wrapping_add(page * PAGE)
    }

    /// Lets the pacer know the totals.
    fn tell(&self) {
        // Relaxed: numbers.
        READY.store(self.totals.ready() as u64, Relaxed);
        IDLE_BACKED.store(self.totals.idle_backed as u64, Relaxed);
    }

    fn add_arena(&mut self) -> ArenaRef {
        let arena = self.map(1);
        arena.set_used(0, HEAD, true);
        arena.free.set(ARENA_PAGES - HEAD);
        arena.first.set(HEAD);
        arena.touched.set(HEAD);
        self.arenas.push(arena);
        arena
    }

    fn take_huge(&mut self, n: usize) -> *mut u8 {
        let arena = self.map((HEAD + n).div_ceil(ARENA_PAGES));
        self.huge.push(arena);
        self.tell();
        arena.base().wrapping_add(HEAD * PAGE)
    }

    fn give_huge(&mut self, arena: ArenaRef, n: usize) {
        let at = self.huge.iter().position(|a| std::ptr::eq(*a, arena));
        let last = self.huge.pop();
        if let (Some(at), Some(last)) = (at, last)
            && at < self.huge.len()
        {
            self.huge[at] = last;
        }
        let bytes = (HEAD + n).div_ceil(ARENA_PAGES) * ARENA;
        self.totals.reserved -= bytes;
        self.totals.tables -= HEAD * PAGE;
        // SAFETY: past the head lies the object alone, which is dead.
        unsafe { sys::discard(arena.base().wrapping_add(HEAD * PAGE), n * PAGE) };
        self.gone.push((arena, bytes));
        self.tell();
    }

    /// `n` arenas in a row, with one head.
    fn map(&mut self, n: usize) -> ArenaRef {
        let bytes = n * ARENA;
        let Some(all) = sys::reserve(bytes + ARENA) else {
            crate::fatal::out_of_memory("the collected heap", bytes);
        };
        let before = all.as_ptr().align_offset(ARENA);
        let base = all.as_ptr().wrapping_add(before);
        // What is known of an object by a reference alone is found from its address.
        let _ = base.expose_provenance();
        // SAFETY: the two ends are parts of the mapping that nobody uses; sizes and
        // addresses are multiples of a page.
        unsafe {
            if let Some(all) = NonNull::new(all.as_ptr()).filter(|_| before > 0) {
                sys::release(all, before);
            }
            if let Some(rest) = NonNull::new(base.wrapping_add(bytes)).filter(|_| before < ARENA) {
                sys::release(rest, ARENA - before);
            }
        }
        self.totals.reserved += bytes;
        self.totals.tables += HEAD * PAGE;
        // SAFETY: aligned, zeroed, long enough, and never unmapped while referred to;
        // all-zero bytes are valid for every field.
        unsafe { &*base.cast::<Arena>() }
    }

    fn scavenge_word(&mut self, i: usize, word: usize) -> usize {
        let arena = self.arenas[i];
        let bits = arena.backed[word].get();
        if bits == 0 {
            return 0;
        }
        arena.backed[word].set(0);
        let mut bit = 0;
        while bit < 64 {
            let n = (!(bits >> bit)).trailing_zeros() as usize;
            let n = n.min(64 - bit);
            if n > 0 {
                let at = arena.base().wrapping_add((word * 64 + bit) * PAGE);
                // SAFETY: these pages are free, and nobody takes them while the lock
                // is held.
                unsafe { sys::discard(at, n * PAGE) };
            }
            bit += n.max(1);
        }
        let given = bits.count_ones() as usize * PAGE;
        self.totals.idle_backed -= given;
        self.tell();
        given
    }
}
