//! The collector's barriers, its gate, and its look for roots, beside a collector.
//!
//! The gate (`gc/gate.rs`), the barriers (`gc/barrier.rs`), and the look for roots
//! (`gc/roots.rs`) are the runtime's own files; what a cell does with its word is written
//! here as in `gc/cell.rs`. Around them is as small a heap as a cycle can be shown on:
//!
//! ```text
//!   holder --edge--> target      the holder is a root, and stays one
//! ```
//!
//! A mutator does something, in regions; the collector begins a cycle, looks for roots,
//! walks, ends marking, and sweeps what is white. Everything that the mutator can get at
//! in the end must still be there, and what it reads in between, too.
//!
//! What each model stands for: taken out of the runtime's file, the line on the left makes
//! the models on the right fail (each was tried).
//!
//! ```text
//!   overwritten: shade        a_handle_made_under_a_pin_is_kept
//!   new_root: shade           what_a_weak_pointer_gives_is_kept
//!   new_root: card            a_root_is_found_by_the_next_cycle
//!   became_edge: shade        what_is_stored_where_nobody_looks_is_kept
//!   born: colour              what_is_made_while_marking_is_kept
//!   roots: card, then counts  a_root_that_comes_beside_the_look_is_found_by_the_next_cycle
//!   enter: light fence        regions_and_stops_exclude_each_other
//!   enter_slowly: fence       regions_and_stops_exclude_each_other_without_membarrier
//!   close: fence              the same (with a membarrier, that is a fence as well)
//!   leave: release, wait_for: acquire, open: release, enter: acquire
//!                             regions_and_stops_exclude_each_other
//!   enter_calm: light fence, STOPPED, FENCED, acquire
//!                             light_regions_and_stops_exclude_each_other
//!   enter_calm: MARKING       edges_change_in_light_regions_and_nothing_is_lost
//!   Calm: card                a_root_that_comes_in_a_light_region_is_found_by_the_next_cycle
//! ```
//!
//! Nobody waits: a region that finds the world stopped, and a stop that finds a region,
//! give up, and with them the rest of their thread.
//!
//! The membarrier is a full fence on both sides, as in `claim_models`; without one, light
//! fences are none. So the call of `fence_all` in `close` is the one line of the gate that
//! can be taken out and is not missed here. Pins are counted as `pin` does.

use crate::gc::Cache;
use crate::gc::barrier::Calm;
use crate::gc::gate::Gate;
use crate::gc::header::Header;
use crate::gc::heap::Object;
use crate::gc::roots;
use crate::gc::trace::TypeInfo;
use crate::gc::world::Region;
use crate::loom::{light_fences, unless_it_waits, wait_a_moment};
use ::loom::cell::UnsafeCell;
use ::loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use ::loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU64, AtomicUsize, fence};
use ::loom::thread;
use std::ptr::null_mut;

static INFO: TypeInfo = TypeInfo;

struct Heap {
    gate: Gate,
    /// The mutator's.
    in_gc: AtomicBool,
    cache: Cache,
    holder: &'static Object,
    target: &'static Object,
    /// Pins of odd and even cycles, and the number of cycles.
    pins: [AtomicUsize; 2],
    cycle: AtomicUsize,
}

fn address(object: &'static Object) -> *mut u8 {
    std::ptr::from_ref(object).cast_mut().cast()
}

fn header(object: &'static Object) -> Header {
    // SAFETY: objects of models are never freed.
    unsafe { Header::of(address(object)) }
}

/// An object with one handle; of the colour in which the heap begins.
fn object(edge: *mut u8) -> &'static Object {
    let object = Box::leak(Box::new(Object {
        word: AtomicU64::new(0),
        edge: AtomicPtr::new(edge),
        mark: AtomicU8::new(1),
        card: AtomicU8::new(1),
        swept: AtomicBool::new(false),
    }));
    header(object).init(&INFO);
    object
}

/// As `GcCell::get`.
fn get(region: &Region, edge: &AtomicPtr<u8>) -> *mut u8 {
    let object = edge.load(Acquire);
    if !object.is_null() {
        region.becomes_handle(object);
    }
    object
}

/// As `GcCell::set`; the handle on `new` becomes the edge.
fn set(region: &Region, edge: &AtomicPtr<u8>, new: *mut u8) {
    if !new.is_null() {
        region.became_edge(new);
    }
    region.overwritten(edge.swap(new, AcqRel));
}

#[track_caller]
fn read(object: &'static Object) {
    assert!(!object.swept.load(Acquire), "swept");
}

impl Heap {
    /// The holder leads to the target, which has no handle; or the target has one alone.
    fn new(linked: bool) -> &'static Heap {
        let target = object(null_mut());
        let holder = object(if linked { address(target) } else { null_mut() });
        if linked {
            header(target).release_into_heap();
            // No root was found here in the last cycle.
            target.card.store(0, Relaxed);
        }
        let gate = Gate::new();
        gate.fence_no_more();
        Box::leak(Box::new(Heap {
            gate,
            in_gc: AtomicBool::new(false),
            cache: Cache::default(),
            holder,
            target,
            pins: [AtomicUsize::new(0), AtomicUsize::new(0)],
            cycle: AtomicUsize::new(0),
        }))
    }

    fn region<R>(&'static self, f: impl FnOnce(&Region) -> R) -> R {
        let region = Region::enter(&self.gate, &self.in_gc, &self.cache);
        let result = f(&region);
        region.leave();
        result
    }

    /// A light region, as in `gc/light.rs`; what it does, or what is done where it cannot be.
    fn light<R>(
        &'static self,
        calmly: impl FnOnce(&Calm) -> R,
        otherwise: impl FnOnce(&Region) -> R,
    ) -> R {
        if !self.gate.enter_calm(&self.in_gc) {
            return self.region(otherwise);
        }
        let result = calmly(&Calm);
        Gate::leave(&self.in_gc);
        result
    }

    /// As `GcCell::get` of the holder's edge.
    fn get_lightly(&'static self) -> *mut u8 {
        let edge = &self.holder.edge;
        let calmly = |calm: &Calm| {
            let object = edge.load(Acquire);
            calm.becomes_handle(object);
            object
        };
        self.light(calmly, |region| get(region, edge))
    }

    /// As `GcCell::set` of it; the handle on `new` becomes the edge.
    fn set_lightly(&'static self, new: *mut u8) {
        let edge = &self.holder.edge;
        let calmly = |calm: &Calm| {
            calm.became_edge(new);
            edge.store(new, Release);
        };
        self.light(calmly, |region| set(region, edge, new));
    }

    fn pin(&'static self) -> usize {
        self.region(|_| {
            let parity = self.cycle.load(Relaxed) & 1;
            self.pins[parity].fetch_add(1, Relaxed);
            parity
        })
    }

    /// Empties the holder's edge.
    fn cut(&'static self) {
        self.region(|region| {
            set(region, &self.holder.edge, null_mut());
        });
    }

    fn stop(&self) {
        self.gate.close(|| fence(SeqCst));
        Gate::wait_for(&self.in_gc);
    }

    fn begin(&self) {
        self.stop();
        self.cycle.fetch_add(1, Relaxed);
        self.gate.begin_marking();
        self.gate.open();
    }

    /// The rest of a cycle; `others` are objects that came later, and lead nowhere.
    fn finish(&self, others: &[&'static Object]) {
        let colour = self.gate.phase().colour();
        let mut grey = Vec::new();
        let objects = [self.holder, self.target];
        for object in objects.iter().chain(others) {
            let (card, mark) = (&object.card, &object.mark);
            // SAFETY: an object, with its mark.
            let look = || unsafe { roots::look(card, address(object), mark, colour) };
            if roots::take(card) && look() {
                grey.push(address(object));
            }
            // Before the next page.
            drain(&mut grey, colour);
        }
        loop {
            drain(&mut grey, colour);
            self.stop();
            let greys = self.cache.take_greys();
            if greys.is_empty() {
                break;
            }
            self.gate.open();
            let greys = greys.into_iter();
            grey.extend(greys.map(std::ptr::with_exposed_provenance_mut::<u8>));
        }
        // Pins of before keep marking on, as in `pin`.
        let old = self.cycle.load(Relaxed).wrapping_sub(1) & 1;
        if self.pins[old].load(Acquire) > 0 {
            self.gate.open();
            wait_a_moment();
        }
        self.gate.end_marking();
        self.gate.open();
        for object in objects.iter().chain(others) {
            if ![colour, 0].contains(&object.mark.load(Acquire)) {
                object.swept.store(true, Release);
            }
        }
    }

    /// Another cycle, beside which nobody does anything.
    fn collect(&self) {
        self.begin();
        self.finish(&[]);
    }
}

/// Walks what is grey, as `Marker` does.
fn drain(grey: &mut Vec<*mut u8>, colour: u8) {
    while let Some(object) = grey.pop() {
        // SAFETY: made by `object`.
        let edge = unsafe { &*object.cast::<Object>() }.edge.load(Acquire);
        // SAFETY: as above.
        let to = (!edge.is_null()).then(|| unsafe { &*edge.cast::<Object>() });
        if let Some(to) = to.filter(|to| to.mark.load(Relaxed) != colour) {
            to.mark.store(colour, Relaxed);
            grey.push(edge);
        }
    }
}

/// Threads that take turns at any point, but not more often than so.
fn bounded(f: impl Fn() + Send + Sync + 'static) {
    light_fences(true);
    let mut model = ::loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(f);
}

/// The collector, in one cycle, beside a mutator, who begins before it or after its
/// beginning. What it returns is looked at when both are done.
fn beside<R: Copy + Send + 'static>(
    linked: bool,
    mutator: impl Fn(&'static Heap) -> R + Copy + Send + Sync + 'static,
    after: impl Fn(&'static Heap, R) + Copy + Send + Sync + 'static,
) {
    for begun in [false, true] {
        bounded(move || {
            let heap = Heap::new(linked);
            together(
                heap,
                begun,
                &[],
                move || mutator(heap),
                move |result| after(heap, result),
            );
        });
    }
}

/// A mutator beside a cycle. If nobody gave up, `after` follows.
fn together<R: Send + 'static>(
    heap: &'static Heap,
    begun: bool,
    others: &[&'static Object],
    mutator: impl FnOnce() -> R + Send + 'static,
    after: impl FnOnce(R),
) {
    if begun {
        heap.begin();
    }
    let other = thread::spawn(move || unless_it_waits(mutator));
    let cycle = unless_it_waits(|| {
        if !begun {
            heap.begin();
        }
        heap.finish(others);
    });
    let result = other.join().expect("what the mutator asserts holds");
    if let (Some(()), Some(result)) = (cycle, result) {
        after(result);
    }
}

/// The mutator loads an edge and counts it, cuts it, and uses what it has.
pub fn a_loaded_edge_is_kept_when_it_is_cut() {
    let mutator = |heap: &'static Heap| {
        let there = heap.region(|region| !get(region, &heap.holder.edge).is_null());
        heap.cut();
        assert!(there);
        read(heap.target);
    };
    beside(true, mutator, |heap, ()| {
        read(heap.target);
        assert_eq!(header(heap.target).handles(), 1);
    });
}

/// The mutator loads an edge under a pin, without counting it, and cuts it.
pub fn what_is_read_under_a_pin_is_kept_when_it_is_cut() {
    let mutator = |heap: &'static Heap| {
        let parity = heap.pin();
        assert!(!heap.holder.edge.load(Acquire).is_null());
        heap.cut();
        read(heap.target);
        heap.pins[parity].fetch_sub(1, Release);
    };
    beside(true, mutator, |_, ()| {});
}

/// It loads, counts, cuts and stores in light regions, where there are any.
pub fn edges_change_in_light_regions_and_nothing_is_lost() {
    let mutator = |heap: &'static Heap| {
        let there = heap.get_lightly();
        assert!(!there.is_null());
        heap.set_lightly(null_mut());
        read(heap.target);
        heap.set_lightly(there);
        read(heap.target);
    };
    beside(true, mutator, |heap, ()| {
        read(heap.target);
        assert_eq!(header(heap.target).handles(), 0);
        heap.collect();
        read(heap.target);
    });
}

/// A handle comes in a light region, and is all that leads to the target in the end.
pub fn a_root_that_comes_in_a_light_region_is_found_by_the_next_cycle() {
    let mutator = |heap: &'static Heap| {
        heap.get_lightly();
    };
    beside(true, mutator, |heap, ()| {
        heap.cut();
        heap.collect();
        read(heap.target);
        heap.collect();
        read(heap.target);
    });
}

/// The same, and it makes a handle of what it has, which it uses after the pin's end.
pub fn a_handle_made_under_a_pin_is_kept() {
    let mutator = |heap: &'static Heap| {
        let parity = heap.pin();
        heap.cut();
        heap.region(|region| region.becomes_handle(address(heap.target)));
        heap.pins[parity].fetch_sub(1, Release);
        read(heap.target);
    };
    beside(true, mutator, |heap, ()| read(heap.target));
}

/// The mutator moves its only handle into an object that may have been walked, and takes
/// it out of there again.
pub fn what_is_stored_where_nobody_looks_is_kept() {
    let mutator = |heap: &'static Heap| {
        heap.region(|region| {
            set(region, &heap.holder.edge, address(heap.target));
        });
    };
    beside(false, mutator, |heap, ()| {
        read(heap.target);
        heap.collect();
        read(heap.target);
    });
}

/// Nothing leads to the target, but a weak pointer does, which the sweep would clear.
pub fn what_a_weak_pointer_gives_is_kept() {
    let mutator = |heap: &'static Heap| {
        heap.region(|region| {
            let there = !heap.target.swept.load(Acquire) && region.can_have(address(heap.target));
            if there {
                region.becomes_handle(address(heap.target));
            }
            there
        })
    };
    for begun in [false, true] {
        bounded(move || {
            let heap = Heap::new(true);
            heap.cut();
            let upgrade = move || {
                let there = mutator(heap);
                if there {
                    read(heap.target);
                }
                there
            };
            together(heap, begun, &[], upgrade, |there| {
                if there {
                    read(heap.target);
                    heap.collect();
                    read(heap.target);
                }
            });
        });
    }
}

/// The mutator makes an object while the collector looks for roots, and keeps its handle.
pub fn what_is_made_while_marking_is_kept() {
    for begun in [false, true] {
        bounded(move || {
            let heap = Heap::new(true);
            let new = object(null_mut());
            // A free slot, of a run whose card is set when marking begins.
            new.mark.store(0, Relaxed);
            let make = move || {
                heap.region(|region| region.born(address(new)));
                read(new);
            };
            together(heap, begun, &[new], make, |()| {
                read(new);
                // As `Run::set_cards` does.
                new.card.store(1, Relaxed);
                heap.begin();
                heap.finish(&[new]);
                read(new);
            });
        });
    }
}

/// A handle on the target comes before, in, or after a cycle; then the edge goes. The next
/// cycle finds it by its count alone.
pub fn a_root_is_found_by_the_next_cycle() {
    let mutator = |heap: &'static Heap| {
        heap.region(|region| {
            get(region, &heap.holder.edge);
        });
    };
    beside(true, mutator, |heap, ()| {
        heap.cut();
        heap.collect();
        read(heap.target);
        heap.collect();
        read(heap.target);
    });
}

/// The target has a card, and a handle, which is dropped; another comes by its edge. The
/// look for roots meets one of the two, or none, or sees a card that is set.
pub fn a_root_that_comes_beside_the_look_is_found_by_the_next_cycle() {
    bounded(|| {
        let heap = Heap::new(true);
        heap.target.card.store(1, Relaxed);
        let load = move || {
            heap.region(|region| {
                get(region, &heap.holder.edge);
            });
        };
        together(heap, true, &[], load, |()| {
            heap.cut();
            heap.collect();
            read(heap.target);
        });
    });
}

/// What a region does and what is done in a stop never happens at once, and each sees what
/// came before. `membarrier`: whether there is one. `light`: it is a light region, if there
/// can be one.
fn exclusion(membarrier: bool, light: bool) {
    let mut model = ::loom::model::Builder::new();
    model.preemption_bound = Some(3);
    light_fences(membarrier);
    struct Shared {
        gate: Gate,
        in_gc: [AtomicBool; 2],
        /// Loom reports two who use it at once, or do not see each other.
        data: [UnsafeCell<u32>; 2],
    }
    // SAFETY: what the model is to show.
    unsafe impl Sync for Shared {}
    model.check(move || {
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            gate: Gate::new(),
            in_gc: [AtomicBool::new(false), AtomicBool::new(false)],
            data: [UnsafeCell::new(0), UnsafeCell::new(0)],
        }));
        if membarrier {
            shared.gate.fence_no_more();
        }
        // Whether it is marking.
        let in_region = move |i: usize| {
            let calm = light && shared.gate.enter_calm(&shared.in_gc[i]);
            assert!(membarrier || !calm);
            let marking = !calm && shared.gate.enter(&shared.in_gc[i]).marking();
            // SAFETY: as above.
            shared.data[i].with_mut(|data| unsafe { *data += 1 });
            Gate::leave(&shared.in_gc[i]);
            marking
        };
        let other = thread::spawn(move || {
            unless_it_waits(|| {
                let first = in_region(1);
                let second = in_region(1);
                assert!(!first || second);
            })
        });
        unless_it_waits(|| {
            shared.gate.close(|| {
                assert!(membarrier);
                fence(SeqCst);
            });
            shared.in_gc.iter().for_each(Gate::wait_for);
            for data in &shared.data {
                // SAFETY: as above.
                data.with_mut(|data| unsafe { *data += 1 });
            }
            if !light {
                shared.gate.begin_marking();
            }
            shared.gate.open();
            assert_eq!(in_region(0), !light);
        });
        other.join().expect("what it asserts holds");
    });
    light_fences(true);
}

/// Where those who stop the world make all threads pass a fence.
pub fn regions_and_stops_exclude_each_other() {
    exclusion(true, false);
}

/// Where regions pass a fence themselves.
pub fn regions_and_stops_exclude_each_other_without_membarrier() {
    exclusion(false, false);
}

/// Light regions; there are none without membarrier.
pub fn light_regions_and_stops_exclude_each_other() {
    exclusion(true, true);
    exclusion(false, true);
}
