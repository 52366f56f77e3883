//! Caches: what a P (or a thread that has none) allocates from without a lock.
//!
//! For each class of spans a cache owns one span and a run of its free slots; to
//! allocate is to take the next. A run that is used up sets the cards of its pages, so
//! that the next cycle looks for roots there; the runs in use have theirs set when
//! marking begins. Barriers put what they shade into the cache, too.
//!
//! Caches live for ever, as Ps and Ms do.

use super::classes::{Contents, PAGE, SPAN_CLASSES};
use super::mark::{self, Marker};
use super::span::SpanRef;
use super::trace::{Of, Trace, TypeInfo};
use super::world::{self, Region};
use super::{central, cycle, heap, native, stats};
use crate::lock::SpinLock;
use crate::sched::{M, MRef, Rt};
use crate::slab::{Slab, Zeroed};
use crate::sys::PageVec;
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Release;

/// Shaded objects that a cache keeps before they go to the pool.
const GREYS: usize = 256;

/// Spans of any class that are swept at once before the heap grows over a limit.
const SWEEP_STEP: usize = 64;

/// Free slots in a row, of one span; null when there are none.
pub(crate) struct Run {
    begin: Cell<*mut u8>,
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
    span: Cell<Option<SpanRef>>,
}

#[repr(C, align(128))]
pub(crate) struct Cache {
    runs: [Run; SPAN_CLASSES],
    greys: [Cell<*mut u8>; GREYS],
    greys_len: Cell<usize>,
    /// Objects taken from runs that are used up, per class of spans.
    taken: [Cell<u64>; SPAN_CLASSES],
    /// The runtime of the P that has it.
    rt: Cell<Option<&'static Rt>>,
    /// Bytes of marking that allocations here owe.
    pub(crate) debt: Cell<i64>,
    /// Allocations of the deterministic run that it belongs to.
    pub(crate) in_run: Cell<u64>,
    /// Pins that began here, in odd and even cycles (`pin`).
    pub(crate) pins: [AtomicUsize; 2],
    /// The marker of whoever marks with this cache.
    pub(crate) marker: UnsafeCell<Marker>,
}

// SAFETY: a cache's cells belong to whoever runs inside the runtime with the P or M
// that has it; and in a stop, when nobody is in a region, to whoever stopped the world
// (but for the marker, which is used outside of regions, inside the runtime).
unsafe impl Sync for Cache {}
// SAFETY: every field is a cell whose zero is empty.
unsafe impl Zeroed for Cache {}

static SLAB: Slab<Cache> = Slab::new();
static ALL: SpinLock<PageVec<&'static Cache>> = SpinLock::new(PageVec::new());

/// The cache of the P that `m` holds, or of `m` itself.
#[inline(always)]
pub(crate) fn of(m: MRef) -> &'static Cache {
    match slot(m).get() {
        Some(cache) => cache,
        None => new(m),
    }
}

#[inline(always)]
fn slot(m: &'static M) -> &'static Cell<Option<&'static Cache>> {
    match m.p.get() {
        Some(p) => &p.gc,
        None => &m.gc,
    }
}

#[cold]
#[inline(never)]
fn new(m: MRef) -> &'static Cache {
    world::register();
    let cache = SLAB.alloc_one();
    cache.rt.set(m.p.get().and(m.rt.get()));
    ALL.lock().push(cache);
    slot(m).set(Some(cache));
    cache
}

/// Visits all caches. The world is stopped.
pub(crate) fn for_each(_stopped: &world::Stopped, visit: impl FnMut(&'static Cache)) {
    let all = ALL.lock();
    all.iter().copied().for_each(visit);
}

/// Whether `holds` does of a cache. Inside the runtime.
pub(crate) fn any(holds: impl Fn(&'static Cache) -> bool) -> bool {
    ALL.lock().iter().any(|cache| holds(cache))
}

impl Region {
    /// Takes a slot for a `T`. The region may be left in between, so that the caller
    /// cannot have begun to change anything.
    #[inline(always)]
    pub(crate) fn take<T: Trace>(&mut self) -> *mut u8 {
        let run = &self.cache.runs[Of::<T>::SPAN_CLASS];
        let at = run.next.get();
        let next = at.wrapping_add(Of::<T>::SIZE);
        if next <= run.end.get() {
            run.next.set(next);
            return at;
        }
        let (region, at) = self.take_slowly(Of::<T>::INFO, Of::<T>::SIZE);
        *self = region;
        at
    }

    /// As [`take`](Self::take), for an object whose size is only known now: that of the
    /// slot, or of the pages.
    pub(crate) fn take_sized(&mut self, info: &'static TypeInfo, size: usize) -> *mut u8 {
        let run = &self.cache.runs[info.span_class];
        let at = run.next.get();
        let next = at.wrapping_add(size);
        if next <= run.end.get() {
            run.next.set(next);
            return at;
        }
        let (region, at) = self.take_slowly(info, size);
        *self = region;
        at
    }

    #[cold]
    #[inline(never)]
    fn take_slowly(&self, info: &'static TypeInfo, size: usize) -> (Region, *mut u8) {
        let class = info.span_class;
        let mut region = self.unless_abandoned();
        if cycle::wants_attention(&region) {
            region.leave();
            cycle::attend();
            region = Region::enter();
        }
        if class < 3 {
            let at = region.take_large(info, size);
            return (region, at);
        }
        loop {
            // Whatever happened meanwhile may have filled the run.
            let run = &region.cache.runs[class];
            if run.next.get() == run.end.get() && !region.cache.refill(&region, class) {
                region.leave();
                // At the limit, pages of other classes may become free, too.
                let found = central::sweep_for(class)
                    || heap::is_tight() && central::sweep_some(SWEEP_STEP);
                region = Region::enter();
                // Another cache, perhaps.
                let run = &region.cache.runs[class];
                if !found && run.next.get() == run.end.get() && run.span.get().is_none() {
                    region
                        .cache
                        .refill_with(&region, class, central::new_span(class));
                }
                continue;
            }
            let at = run.next.get();
            run.next.set(at.wrapping_add(size));
            return (region, at);
        }
    }

    /// A span of its own.
    fn take_large(&self, info: &'static TypeInfo, size: usize) -> *mut u8 {
        let span = central::new_large(info.span_class, size);
        let taken = &self.cache.taken[info.span_class];
        taken.set(taken.get() + 1);
        stats::took_large(span.bytes());
        cycle::handed_out(self, span.bytes());
        span.object(0)
    }
}

impl Cache {
    /// A new run, of the span that is cached or of a swept one; `false` if there is
    /// none.
    fn refill(&self, region: &Region, class: usize) -> bool {
        let run = &self.runs[class];
        if let Some(span) = run.span.get() {
            self.retire(class);
            if self.begin_run(region, class, span) {
                return true;
            }
            run.span.set(None);
            central::release(class, span);
        }
        while let Some(span) = central::take(class) {
            if self.begin_run(region, class, span) {
                run.span.set(Some(span));
                return true;
            }
            central::release(class, span);
        }
        false
    }

    fn refill_with(&self, region: &Region, class: usize, span: SpanRef) {
        self.runs[class].span.set(Some(span));
        let got = self.begin_run(region, class, span);
        debug_assert!(got, "a new span has free slots");
    }

    fn begin_run(&self, region: &Region, class: usize, span: SpanRef) -> bool {
        let most = if region.phase.stress() || region.in_run().is_some() {
            1
        } else if class % 3 == Contents::Drops as usize && native::is_counted() {
            // Each of these objects may hold much native memory: the pacer looks often.
            8
        } else {
            usize::MAX
        };
        let Some((begin, end)) = span.next_run(most) else {
            return false;
        };
        let run = &self.runs[class];
        run.begin.set(begin);
        run.next.set(begin);
        run.end.set(end);
        cycle::handed_out(region, end.addr() - begin.addr());
        true
    }

    /// Ends the run: its objects are where the next cycle looks for roots.
    fn retire(&self, class: usize) {
        let run = &self.runs[class];
        if run.begin.get() < run.next.get() {
            run.set_cards();
            self.taken[class].set(self.taken[class].get() + self.in_run(class));
        }
        for at in [&run.begin, &run.next, &run.end] {
            at.set(std::ptr::null_mut());
        }
    }

    /// Objects that the present run has given.
    fn in_run(&self, class: usize) -> u64 {
        let run = &self.runs[class];
        let size = super::classes::SIZES[class / 3].max(1);
        (run.next.get().addr() - run.begin.get().addr()) as u64 / u64::from(size)
    }

    /// Objects taken so far per class of spans. The world is stopped, or the cache is
    /// the caller's.
    pub(crate) fn taken(&self, class: usize) -> u64 {
        self.taken[class].get() + self.in_run(class)
    }

    /// Marking begins: the runs in use are among the places with roots. The world is
    /// stopped.
    pub(crate) fn set_cards(&self) {
        self.runs.iter().for_each(Run::set_cards);
    }

    /// Whether a run has slots left. By the owner.
    pub(crate) fn has_slots(&self) -> bool {
        self.runs.iter().any(|run| run.next.get() < run.end.get())
    }

    /// Ends all runs and gives the spans back. The world is stopped.
    pub(crate) fn flush(&self) {
        for class in 0..SPAN_CLASSES {
            self.retire(class);
            if let Some(span) = self.runs[class].span.take() {
                central::release(class, span);
            }
        }
    }

    /// Ends the runs of a runtime that has ended. The world is stopped.
    pub(crate) fn flush_if_abandoned(&self) {
        if self.rt.get().is_some_and(Rt::has_ended) {
            self.flush();
        }
    }

    /// Keeps what a barrier has shaded. By the owner, in a region.
    #[inline]
    pub(super) fn push_grey(&self, object: *mut u8) {
        let len = self.greys_len.get();
        self.greys[len].set(object);
        self.greys_len.set(len + 1);
        if len + 1 == GREYS {
            self.give_greys();
        }
    }

    /// Gives what the barriers have shaded to the pool. By the owner in a region, or
    /// while the world is stopped.
    pub(crate) fn give_greys(&self) {
        let len = self.greys_len.replace(0);
        mark::pool_put(self.greys[..len].iter().map(Cell::get));
    }
}

impl Run {
    /// Sets the cards of the pages in which this run's objects begin.
    fn set_cards(&self) {
        let (mut at, end) = (self.begin.get(), self.next.get());
        while at < end {
            // SAFETY: the run's slots lie in one arena. Release: whoever takes the card
            // sees the objects.
            unsafe { heap::arena_of(at) }.card(at).store(1, Release);
            at = at.map_addr(|a| (a & !(PAGE - 1)) + PAGE);
        }
    }
}
