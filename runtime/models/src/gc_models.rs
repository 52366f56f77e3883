//! The collector's counts and barriers.
//!
//! The counts are the runtime's own file. The rest is a heap of two or three objects, as small
//! as a cycle can be shown on, with the protocol of `world`, `mark`, `cell` and `pin`:
//!
//! ```text
//!   holder --cell--> target        the holder is a root; the mutator loads from its cell,
//!                                  and cuts the edge
//!   fresh  --------> target        made while marking, and black: nobody walks it
//! ```
//!
//! The collector begins a cycle, marks, ends it, and sweeps the target if it is white. Its
//! value is an atomic, and no cell of loom's, because reading that is no point where
//! another thread can come in between. As in `claim_models`, the membarrier is a fence on both sides.
//!
//! Of the barriers, these runs depend on the shade of what is stored, on the fences, and
//! on the end of marking that waits for pins: without one of them, a model fails. The shades of
//! what is overwritten and of what becomes a root are shown by `tests/gc_barriers.rs`.
//!
//! Nobody waits: a region that finds the world stopped, and a stop that finds a region,
//! give up, and with them the rest of their thread. What would come after the wait is an
//! interleaving of its own, in which they come later.

use crate::gc::header::{self, Header};
use crate::gc::trace::TypeInfo;
use ::loom::sync::Arc;
use ::loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use ::loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, fence};
use ::loom::thread;

static INFO: TypeInfo = TypeInfo;

fn new_word() -> *mut AtomicU64 {
    Box::into_raw(Box::new(AtomicU64::new(0)))
}

fn header(word: *mut AtomicU64) -> Header {
    // SAFETY: made by `new_word`, and never freed.
    unsafe { Header::of(word.cast()) }
}

fn counted(word: *mut AtomicU64) -> u64 {
    header(word).handles()
}

#[derive(Clone, Copy)]
struct Word(*mut AtomicU64);
// SAFETY: an address of an atomic.
unsafe impl Send for Word {}

/// A handle and its clone are dropped at once, and one more comes and goes.
pub fn the_last_of_two_handles_leaves_no_count() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        // The clone, before the other thread has it.
        header(word.0).retain();
        let other = thread::spawn(move || {
            let word = word;
            header(word.0).retain();
            header(word.0).release();
            header(word.0).release();
        });
        header(word.0).release();
        other.join().unwrap();
        assert_eq!(counted(word.0), 0);
    });
}

/// A fresh object's only handle goes into a cell, from which another takes it.
pub fn an_edge_that_another_takes_is_counted_for_it() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        let stored = Arc::new(AtomicBool::new(false));
        let other = {
            let stored = stored.clone();
            thread::spawn(move || {
                let word = word;
                let there = stored.load(Acquire);
                if there {
                    header(word.0).retain();
                }
                there
            })
        };
        // As in `Locked::store_new` and `GcCell::exchange`: first the count, then the edge.
        header(word.0).release_into_heap();
        stored.store(true, Release);
        let took = other.join().unwrap();
        assert_eq!(counted(word.0), u64::from(took));
    });
}

/// A handle is dropped while another takes the edge that was made of its clone.
pub fn a_handle_that_goes_beside_an_edge_takes_no_count_with_it() {
    ::loom::model(|| {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        header(word.0).retain();
        header(word.0).release_into_heap();
        let other = thread::spawn(move || {
            let word = word;
            header(word.0).retain();
        });
        header(word.0).release();
        other.join().unwrap();
        assert_eq!(counted(word.0), 1);
    });
}

const STOPPED: usize = 1;
const MARKING: usize = 2;

/// Edges: 0 for none, or an object's number and one.
const NONE: usize = 0;
const TARGET: usize = 1;

const WHITE: u8 = 1;
const MARKED: u8 = 2;

struct Heap {
    phase: AtomicUsize,
    in_region: AtomicBool,
    /// The target: count, colour, card, and whether it was not swept.
    word: Word,
    mark: AtomicU8,
    card: AtomicBool,
    there: AtomicBool,
    /// The holder's edge.
    cell: AtomicUsize,
    /// Pins of before the cycle, and of after its beginning.
    pins: [AtomicUsize; 2],
    cycle: AtomicUsize,
}

// SAFETY: as `Word`.
unsafe impl Sync for Heap {}

impl Heap {
    fn new(edge: usize) -> Arc<Heap> {
        let word = Word(new_word());
        header(word.0).init(&INFO);
        if edge == TARGET {
            header(word.0).release_into_heap();
        }
        Arc::new(Heap {
            phase: AtomicUsize::new(0),
            in_region: AtomicBool::new(false),
            word,
            mark: AtomicU8::new(WHITE),
            card: AtomicBool::new(true),
            there: AtomicBool::new(true),
            cell: AtomicUsize::new(edge),
            pins: [AtomicUsize::new(0), AtomicUsize::new(0)],
            cycle: AtomicUsize::new(0),
        })
    }

    /// `Region::enter` … `leave`; `f` gets whether marking is on. `None` when the world is
    /// stopped: see the essay.
    fn region<R>(&self, f: impl FnOnce(bool) -> R) -> Option<R> {
        self.in_region.store(true, Relaxed);
        fence(SeqCst);
        let phase = self.phase.load(Acquire);
        let result = (phase & STOPPED == 0).then(|| f(phase & MARKING != 0));
        self.in_region.store(false, Release);
        result
    }

    fn shade(&self) {
        if self.mark.load(Relaxed) != MARKED {
            self.mark.store(MARKED, Relaxed);
        }
    }

    /// `Region::becomes_handle`.
    fn becomes_handle(&self, marking: bool) {
        if header(self.word.0).retain() {
            self.card.store(true, Release);
            if marking {
                self.shade();
            }
        }
    }

    /// `GcCell::set`, of nothing.
    fn cut(&self) -> Option<()> {
        self.region(|marking| {
            if self.cell.swap(NONE, AcqRel) == TARGET && marking {
                self.shade();
            }
        })
    }

    fn read(&self) {
        assert!(self.there.load(Acquire), "swept");
    }

    /// Stops the world; `None` when a region is on.
    fn stop(&self) -> Option<()> {
        self.phase.fetch_or(STOPPED, SeqCst);
        fence(SeqCst);
        (!self.in_region.load(Acquire)).then_some(())
    }

    fn start(&self) {
        self.phase.fetch_and(!STOPPED, Release);
    }

    /// Marking begins; `None` when it was given up.
    fn begin(&self) -> Option<()> {
        self.stop()?;
        self.cycle.fetch_add(1, Relaxed);
        self.phase.fetch_or(MARKING, SeqCst);
        self.start();
        Some(())
    }

    /// The rest of the cycle.
    fn finish(&self) -> Option<()> {
        // Roots: the target, if it has a count. The card first, then the count.
        if self.card.swap(false, SeqCst) && header::is_rooted(header(self.word.0).load_acquire()) {
            self.card.store(true, Relaxed);
            self.mark.store(MARKED, Relaxed);
        }
        // And the holder, which is walked.
        if self.cell.load(Acquire) == TARGET {
            self.mark.store(MARKED, Relaxed);
        }
        self.stop()?;
        // Pins of before keep marking on.
        if self.pins[0].load(Acquire) > 0 {
            return None;
        }
        // What was shaded needs no walk: it leads nowhere.
        self.phase.fetch_and(!MARKING, SeqCst);
        self.start();
        if self.mark.load(Acquire) == WHITE {
            self.there.store(false, Release);
        }
        Some(())
    }
}

/// Threads that take turns at any point, but not more often than so.
fn bounded(f: impl Fn() + Send + Sync + 'static) {
    let mut model = ::loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(f);
}

/// The collector beside a mutator, who gives up with `None`.
fn beside(edge: usize, mutator: impl Fn(&Heap) -> Option<()> + Copy + Send + Sync + 'static) {
    // From before the cycle, and from after its beginning.
    for begun in [false, true] {
        bounded(move || {
            let heap = Heap::new(edge);
            let begin = || heap.begin().is_some();
            let mut on = begun && begin();
            let other = {
                let heap = heap.clone();
                thread::spawn(move || mutator(&heap))
            };
            on = on || begin();
            if on {
                heap.finish();
            }
            other.join().unwrap();
        });
    }
}

/// The mutator loads an edge and counts it, cuts it, and uses what it has.
pub fn a_loaded_edge_is_kept_when_it_is_cut() {
    beside(TARGET, |heap| {
        heap.region(|marking| heap.becomes_handle(marking))?;
        heap.cut()?;
        heap.read();
        Some(())
    });
}

/// The mutator loads an edge under a pin, without counting it, and cuts it.
pub fn what_is_read_under_a_pin_is_kept_when_it_is_cut() {
    beside(TARGET, |heap| {
        let parity = heap.region(|_| {
            let parity = heap.cycle.load(Relaxed) & 1;
            heap.pins[parity].fetch_add(1, Relaxed);
            parity
        })?;
        if heap.cell.load(Acquire) == TARGET {
            heap.cut()?;
            heap.read();
        }
        heap.pins[parity].fetch_sub(1, Release);
        Some(())
    });
}

/// The mutator loads an edge under a pin, cuts it, and makes a handle of what it has, which
/// it uses after the pin's end.
pub fn a_handle_made_under_a_pin_is_kept() {
    beside(TARGET, |heap| {
        let parity = heap.region(|_| {
            let parity = heap.cycle.load(Relaxed) & 1;
            heap.pins[parity].fetch_add(1, Relaxed);
            parity
        })?;
        if heap.cell.load(Acquire) == TARGET {
            heap.cut()?;
            heap.region(|marking| heap.becomes_handle(marking))?;
            heap.pins[parity].fetch_sub(1, Release);
            heap.read();
        }
        Some(())
    });
}

/// The mutator moves its only handle into an object that nobody walks in this cycle, takes
/// it out of there again, and uses it.
pub fn what_is_stored_where_nobody_looks_is_kept() {
    beside(NONE, |heap| {
        let black = heap.region(|marking| {
            header(heap.word.0).release_into_heap();
            if marking {
                heap.shade();
            }
            marking
        })?;
        heap.region(|marking| {
            heap.becomes_handle(marking);
        })?;
        // Before the cycle the object it was put in is not black, and its edge is found.
        if black {
            heap.read();
        }
        Some(())
    });
}
