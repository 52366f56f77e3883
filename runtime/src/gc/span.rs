//! Spans: pages cut into slots of one size.
//!
//! A span is owned by a cache, which allocates from it, or by its central list. The
//! owner hands out *runs*: as many free slots in a row as there are, so that allocating
//! is to add to an address. A fresh object's mark gets the colour of the cycle.
//!
//! Sweeping is lazy: after marking, a span's dead objects still have the other colour,
//! until somebody who needs slots, or the sweeper, frees them. It touches the table of
//! marks alone, and not the objects. A span can be swept while its owner allocates from
//! it: the sweeper writes only the marks of the dead, the owner only those of free slots.
//!
//! Objects whose values must be dropped are *doomed* instead: they go to a list, and
//! their slots are free once a goroutine has dropped them (`reaper`).

use super::classes::{Contents, PAGE, PAGES, SIZES};
use super::heap::{self, DOOMED, FREE};
use super::reaper;
use super::trace::TypeInfo;
use crate::sanitize;
use crate::slab::{Slab, Zeroed};
use std::cell::Cell;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

pub(crate) type SpanRef = &'static Span;

/// All but the atomics is set when the span is made, and read-only after.
pub(crate) struct Span {
    start: Cell<*mut u8>,
    pages: Cell<usize>,
    pub(crate) slot: Cell<usize>,
    pub(crate) slots: Cell<usize>,
    pub(crate) span_class: Cell<usize>,
    /// A cache allocates from it. Changes under the central list's lock.
    pub(crate) cached: AtomicBool,
    /// Where the owner looks for the next run.
    cursor: Cell<usize>,
    /// No slot has been used yet.
    fresh: Cell<bool>,
}

// SAFETY: cells are written before the span is shared, or (the cursor) by its owner.
unsafe impl Sync for Span {}
// SAFETY: every field is a cell or an atomic that may be zero.
unsafe impl Zeroed for Span {}

static SLAB: Slab<Span> = Slab::new();

/// For tests: what dies is overwritten.
pub(crate) static POISON: AtomicBool = AtomicBool::new(false);
const POISONED: u8 = 0xDB;

/// Marks are a byte per 16 bytes, read as words.
const WORDS_PER_PAGE: usize = PAGE / 16 / 8;
type PageMarks = [u64; WORDS_PER_PAGE];

fn sum_of_bytes(counters: u64) -> usize {
    counters.to_ne_bytes().iter().map(|&n| usize::from(n)).sum()
}

/// What sweeping a span found.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Swept {
    pub(crate) live: usize,
    pub(crate) freed: usize,
    pub(crate) doomed: usize,
    /// Nobody allocated in it meanwhile.
    pub(crate) alone: bool,
}

impl Span {
    /// A span of new pages for small objects.
    pub(crate) fn small(span_class: usize) -> SpanRef {
        let class = span_class / 3;
        let (pages, slot) = (PAGES[class] as usize, SIZES[class] as usize);
        Span::new(span_class, pages, slot, pages * PAGE / slot)
    }

    /// A span for one large object of `bytes`.
    pub(crate) fn large(span_class: usize, bytes: usize) -> SpanRef {
        let pages = bytes.div_ceil(PAGE);
        Span::new(span_class, pages, pages * PAGE, 1)
    }

    fn new(span_class: usize, pages: usize, slot: usize, slots: usize) -> SpanRef {
        let at = heap::take_pages(pages);
        sanitize::poison(at, pages * PAGE);
        let span = SLAB.alloc_one();
        span.start.set(at);
        span.pages.set(pages);
        span.slot.set(slot);
        span.slots.set(slots);
        span.span_class.set(span_class);
        span.cursor.set(0);
        span.fresh.set(true);
        // Relaxed: the span is published with its entry in the table, or by a lock.
        span.cached.store(false, Relaxed);
        heap::enter_span(span, at, pages);
        span
    }

    /// Gives an empty span's pages back.
    ///
    /// # Safety
    /// No slot is in use, it is in no list and no cache, and no marking is on.
    pub(crate) unsafe fn free(&'static self) {
        // SAFETY: by this function's contract.
        unsafe { heap::give_pages(self.start.get(), self.pages.get()) };
        SLAB.free(std::iter::once(self));
    }

    pub(crate) fn bytes(&self) -> usize {
        self.pages.get() * PAGE
    }

    fn has_drops(&self) -> bool {
        self.span_class.get() % 3 == Contents::Drops as usize
    }

    #[inline(always)]
    pub(crate) fn object(&self, i: usize) -> *mut u8 {
        self.start.get().wrapping_add(i * self.slot.get())
    }

    fn mark_of(&self, i: usize) -> &std::sync::atomic::AtomicU8 {
        let object = self.object(i);
        // SAFETY: a slot of this span.
        unsafe { heap::arena_of(object) }.mark(object)
    }

    /// The slots that begin in the page with this address.
    pub(crate) fn slots_in(&self, page: *mut u8) -> std::ops::Range<usize> {
        let from = page.addr() - self.start.get().addr();
        let slot = self.slot.get();
        let (first, end) = (from.div_ceil(slot), (from + PAGE).div_ceil(slot));
        first..end.min(self.slots.get())
    }

    /// The next free slots in a row, at most `most`, as the addresses of the first and
    /// behind the last. By the owner.
    pub(crate) fn next_run(&self, most: usize) -> Option<(*mut u8, *mut u8)> {
        let (slots, mut i) = (self.slots.get(), self.cursor.get());
        if self.fresh.replace(false) {
            let end = slots.min(most);
            self.cursor.set(end);
            return Some((self.object(0), self.object(end)));
        }
        // Relaxed: free slots are ours to take; a sweeper that frees more beside us
        // has nothing to publish.
        while i < slots && self.mark_of(i).load(Relaxed) != FREE {
            i += 1;
        }
        let first = i;
        while i < slots && i - first < most && self.mark_of(i).load(Relaxed) == FREE {
            i += 1;
        }
        self.cursor.set(i);
        (i > first).then(|| (self.object(first), self.object(i)))
    }

    /// Whether no slot is in use.
    pub(crate) fn is_empty(&self) -> bool {
        (0..self.slots.get()).all(|i| self.mark_of(i).load(Acquire) == FREE)
    }

    /// Looks for free slots from the start again.
    pub(crate) fn rewind(&self) {
        self.cursor.set(0);
    }

    /// Frees what has not the colour of the cycle that has ended. Once per cycle, and
    /// never while marking.
    pub(crate) fn sweep(&'static self, colour: u8) -> Swept {
        let mut swept = Swept::default();
        let poison = POISON.load(Relaxed);
        let in_words = !poison && !cfg!(marmota_asan) && self.slots.get() > 1;
        if in_words && !self.has_drops() && !self.cached.load(Acquire) {
            return self.sweep_words(colour);
        }
        for i in 0..self.slots.get() {
            let mark = self.mark_of(i);
            // Acquire: what is doomed will be read.
            match mark.load(Acquire) {
                FREE | DOOMED => {}
                c if c == colour => swept.live += 1,
                _ if self.has_drops() => {
                    mark.store(DOOMED, Relaxed);
                    reaper::doom(self.object(i));
                    swept.doomed += 1;
                }
                _ => {
                    if poison {
                        self.poison(i);
                    }
                    sanitize::poison(self.object(i), self.slot.get());
                    mark.store(FREE, Relaxed);
                    swept.freed += 1;
                }
            }
        }
        swept
    }

    /// As above, eight marks at once: nobody allocates here meanwhile.
    #[inline(never)]
    fn sweep_words(&self, colour: u8) -> Swept {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let (mut live, mut all) = (0, 0);
        let first = std::ptr::from_ref(self.mark_of(0)).cast_mut().cast::<u64>();
        for page in 0..self.pages.get() {
            // SAFETY: the marks of a page of this span: 64 words, aligned. Nobody else
            // reads or writes them: no cache owns the span, nothing shades or looks for
            // roots between two markings, and a sweep is done by one.
            let words = unsafe { &mut *first.add(page * WORDS_PER_PAGE).cast::<PageMarks>() };
            // Eight counters in a word: at most 64 each.
            let (mut live_here, mut all_here) = (0u64, 0u64);
            for word in words {
                let (one, two) = (*word & ONES, *word >> 1 & ONES);
                let kept = if colour == 1 { one & !two } else { two & !one };
                *word = kept << (colour - 1);
                live_here += kept;
                all_here += one | two;
            }
            live += sum_of_bytes(live_here);
            all += sum_of_bytes(all_here);
        }
        Swept {
            live,
            freed: all - live,
            doomed: 0,
            alone: true,
        }
    }

    fn poison(&self, i: usize) {
        // SAFETY: the object is dead and its slot not yet free.
        unsafe { std::ptr::write_bytes(self.object(i), POISONED, self.slot.get()) };
    }
}

/// Frees the slot of a doomed object, whose value has been dropped.
///
/// # Safety
/// `object` is doomed, and nobody else will free it.
pub(crate) unsafe fn free_doomed(object: *mut u8, info: &'static TypeInfo) {
    if POISON.load(Relaxed) {
        // SAFETY: by this function's contract, the slot is nobody else's.
        unsafe { std::ptr::write_bytes(object, POISONED, info.size) };
    }
    sanitize::poison(object, info.size);
    // SAFETY: as above. Release: the drop is over when the slot is taken again.
    unsafe { heap::arena_of(object) }
        .mark(object)
        .store(FREE, std::sync::atomic::Ordering::Release);
}
