//! Pins that are older than the collection they meet. What only they still lead to has
//! been cut off before marking began, so nothing marks it unless its reader makes a handle
//! or an edge of it: which it may do long after everything else has been marked.
//!
//! On a plain thread nobody marks beside the test. What is freed is overwritten.

use marmota::Chan;
use marmota::gc::testing::{begin_cycle, end_cycle, mark_all, set_poison};
use marmota::gc::{self, Gc, GcCell, GcMap, GcMutex, GcVec, Object, Trace, Weak};
use marmota::sync::{RwMutex, WaitGroup};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

static ONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    let one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    gc::gc();
    set_poison(true);
    one
}

fn collections() -> u64 {
    gc::read_mem_stats().num_gc
}

#[derive(Trace)]
struct Node {
    value: u64,
    next: GcCell<Option<Gc<Node>>>,
}

fn node(value: u64, next: Option<Gc<Node>>) -> Gc<Node> {
    Gc::new(Node {
        value,
        next: GcCell::new(next),
    })
}

fn list(last: u64) -> Gc<Node> {
    list_from(1, last)
}

fn list_from(first: u64, last: u64) -> Gc<Node> {
    (first..last)
        .rev()
        .fold(node(last, None), |next, value| node(value, Some(next)))
}

#[track_caller]
fn must_be(list: &Gc<Node>, values: std::ops::RangeInclusive<u64>) {
    let mut at = Some(list.clone());
    for value in values {
        let node = at.expect("the list is as long as it was");
        assert_eq!(node.value, value, "freed while in use");
        at = node.next.get();
    }
    assert!(at.is_none());
}

#[test]
fn a_handle_made_under_a_pin_after_a_collection_keeps_what_it_leads_to() {
    let _one = alone();
    let head = list(4);
    let kept = {
        let pinned = gc::pin();
        let second = head.next.load(&pinned).unwrap();
        head.next.set(None);
        gc::gc();
        let third = second.next.get().unwrap();
        drop(pinned);
        third
    };
    gc::gc();
    gc::gc();
    must_be(&kept, 3..=4);
}

type Value = [u64; 4];
const VALUE: Value = [0xA11CE; 4];

/// An object of a class whose spans the objects that hold it do not use.
fn value() -> Gc<Value> {
    Gc::new(VALUE)
}

/// All that may hold an edge.
#[derive(Trace)]
struct Holder {
    field: Gc<Value>,
    cell: GcCell<Option<Gc<Value>>>,
    list: GcVec<Gc<Value>>,
    map: GcMap<u8, Gc<Value>>,
    lock: GcMutex<Option<Gc<Value>>>,
    shared_lock: RwMutex<Vec<Gc<Value>>>,
    queue: Chan<Gc<Value>>,
    weak: Weak<Value>,
}

impl Holder {
    fn new() -> Gc<Holder> {
        let held = value();
        let holder = Holder {
            weak: Gc::downgrade(&held),
            field: held,
            cell: GcCell::new(Some(value())),
            list: GcVec::from_iter([value(), value()]),
            map: GcMap::from_iter([(1, value())]),
            lock: GcMutex::new(Some(value())),
            shared_lock: RwMutex::new(vec![value()]),
            queue: Chan::new(1),
        };
        holder.queue.send(value());
        Gc::new(holder)
    }
}

type Read = fn(&Holder) -> Gc<Value>;

/// The ways from such an object to a handle.
const READS: [(&str, Read); 15] = [
    ("clone of a field", |h| h.field.clone()),
    ("GcCell::get", |h| h.cell.get().unwrap()),
    ("GcCell::swap", |h| h.cell.swap(None).unwrap()),
    ("GcCell::take", |h| h.cell.take().unwrap()),
    ("GcCell::compare_exchange", |h| {
        h.cell.compare_exchange(&None, None).unwrap_err().0.unwrap()
    }),
    ("GcVec::get", |h| h.list.get(1).unwrap()),
    ("GcVec::pop", |h| h.list.pop().unwrap()),
    ("GcVec::swap_remove", |h| h.list.swap_remove(0)),
    ("GcVec::swap", |h| h.list.swap(0, value())),
    ("GcMap::get", |h| h.map.get(&1).unwrap()),
    ("GcMap::remove", |h| h.map.remove(&1).unwrap()),
    ("GcMutex::lock", |h| h.lock.lock().clone().unwrap()),
    ("RwMutex::read", |h| h.shared_lock.read()[0].clone()),
    ("Chan::recv", |h| h.queue.recv().unwrap()),
    ("Weak::upgrade", |h| h.weak.upgrade().unwrap()),
];

/// Runs `f` with a holder that nothing but a pin leads to, which is older than the cycle
/// that is on, and after everything was marked.
fn cut_off<R>(f: impl FnOnce(&Holder) -> R) -> R {
    cut_off_pinned(|holder, _| f(holder))
}

fn cut_off_pinned<R>(f: impl FnOnce(&Object<Holder>, &gc::Pinned) -> R) -> R {
    let root = Gc::new(GcCell::new(Some(Holder::new())));
    let pinned = gc::pin();
    let holder = root.load(&pinned).unwrap();
    root.set(None);
    begin_cycle();
    mark_all();
    end_cycle();
    f(holder, &pinned)
}

#[test]
fn whatever_handle_is_made_of_what_only_a_pin_leads_to_keeps_it() {
    let _one = alone();
    for (what, read) in READS {
        let kept = cut_off(read);
        gc::gc();
        gc::gc();
        assert_eq!(*kept, VALUE, "{what}: freed while in use");
    }
}

#[test]
fn whatever_edge_is_made_of_what_only_a_pin_leads_to_keeps_it() {
    let _one = alone();
    type Store = fn(&Holder, Gc<Value>);
    let stores: [(&str, Store, Read); 6] = [
        (
            "GcCell",
            |h, v| h.cell.set(Some(v)),
            |h| h.cell.get().unwrap(),
        ),
        ("GcVec", |h, v| h.list.push(v), |h| h.list.pop().unwrap()),
        (
            "GcMap",
            |h, v| _ = h.map.insert(7, v),
            |h| h.map.get(&7).unwrap(),
        ),
        (
            "GcMutex",
            |h, v| *h.lock.lock() = Some(v),
            |h| h.lock.lock().clone().unwrap(),
        ),
        (
            "RwMutex",
            |h, v| h.shared_lock.write()[0] = v,
            |h| h.shared_lock.read()[0].clone(),
        ),
        (
            "Chan",
            |h, v| {
                drop(h.queue.try_recv());
                h.queue.send(v);
            },
            |h| h.queue.recv().unwrap(),
        ),
    ];
    let live = Holder::new();
    for (what, store, load) in stores {
        for (how, read) in READS {
            cut_off(|holder| store(&live, read(holder)));
            gc::gc();
            gc::gc();
            assert_eq!(*load(&live), VALUE, "{how} to {what}: freed while in use");
        }
    }
    // In an object that is made then.
    let made = cut_off(|holder| Gc::new((holder.field.clone(), holder.cell.get())));
    gc::gc();
    gc::gc();
    assert_eq!((*made.0, **made.1.as_ref().unwrap()), (VALUE, VALUE));
}

/// The ways from such an object to another by references, and from there to a handle.
#[test]
fn whatever_reference_is_made_a_handle_or_stored_keeps_what_it_leads_to() {
    let _one = alone();
    type Load = for<'a> fn(&'a Holder, &'a gc::Pinned) -> &'a Object<Value>;
    let loads: [(&str, Load); 7] = [
        ("Gc::as_object", |h, _| Gc::as_object(&h.field)),
        ("GcCell::load", |h, p| h.cell.load(p).unwrap()),
        ("GcCell::swap_ref", |h, p| {
            h.cell.swap_ref(&h.field, p).unwrap()
        }),
        ("GcCell::take_ref", |h, p| h.cell.take_ref(p).unwrap()),
        ("compare_exchange_ref", |h, p| {
            let there = h.cell.load(p);
            h.cell
                .compare_exchange_ref(there, &h.field, p)
                .unwrap()
                .unwrap()
        }),
        ("compare_exchange_ref that fails", |h, p| {
            h.cell
                .compare_exchange_ref(&h.field, &h.field, p)
                .unwrap_err()
                .unwrap()
        }),
        ("GcVec::load", |h, p| h.list.load(1, p).unwrap()),
    ];
    type Store = fn(&Holder, &Object<Value>);
    let stores: [(&str, Store, Read); 6] = [
        (
            "GcCell::store",
            |h, v| h.cell.store(v),
            |h| h.cell.get().unwrap(),
        ),
        (
            "GcCell::swap_ref",
            |h, v| _ = h.cell.swap_ref(v, &gc::pin()),
            |h| h.cell.get().unwrap(),
        ),
        (
            "compare_exchange_ref",
            |h, v| {
                let pinned = gc::pin();
                let there = h.cell.load(&pinned);
                h.cell.compare_exchange_ref(there, v, &pinned).unwrap();
            },
            |h| h.cell.get().unwrap(),
        ),
        (
            "GcVec::store",
            |h, v| h.list.store(0, v),
            |h| h.list.get(0).unwrap(),
        ),
        (
            "GcVec::push_ref",
            |h, v| h.list.push_ref(v),
            |h| h.list.pop().unwrap(),
        ),
        (
            "Object::root",
            |h, v| h.cell.set(Some(Object::root(v))),
            |h| h.cell.get().unwrap(),
        ),
    ];
    let live = Holder::new();
    for (how, load) in loads {
        let kept = cut_off_pinned(|holder, pinned| Object::root(load(holder, pinned)));
        gc::gc();
        gc::gc();
        assert_eq!(*kept, VALUE, "{how}: freed while in use");
        for (what, store, read) in stores {
            cut_off_pinned(|holder, pinned| store(&live, load(holder, pinned)));
            gc::gc();
            gc::gc();
            assert_eq!(*read(&live), VALUE, "{how} to {what}: freed while in use");
        }
    }
}

#[test]
fn what_a_late_handle_leads_to_is_kept_with_it() {
    let _one = alone();
    let head = list(1000);
    let live = node(0, None);
    let pinned = gc::pin();
    let second = head.next.load(&pinned).unwrap();
    drop(head.next.take());
    begin_cycle();
    mark_all();
    end_cycle();
    live.next.set(second.next.get());
    drop(pinned);
    gc::gc();
    must_be(&live.next.get().unwrap(), 3..=1000);
}

#[test]
fn the_last_pin_of_before_ends_the_collection() {
    let _one = alone();
    let cell = Gc::new(GcCell::new(Some(value())));
    let weak = Gc::downgrade(&cell.get().unwrap());
    let (first, second) = (gc::pin(), gc::pin());
    let read = cell.load(&first).unwrap();
    cell.set(None);
    begin_cycle();
    // Later ones count for nothing.
    let late = gc::pin();
    let before = collections();
    end_cycle();
    gc::gc();
    assert_eq!((collections(), **read), (before, VALUE));
    assert!(weak.upgrade().is_some(), "nothing is dead before the end");
    // On another thread, as its goroutine may be by then.
    std::thread::scope(|s| {
        s.spawn(move || drop(first));
    });
    assert_eq!(collections(), before);
    drop(second);
    assert_eq!(collections(), before + 1);
    // The handle that was upgraded above has kept it: the next one frees it.
    drop(late);
    gc::gc();
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_finalizer_runs_once_no_pin_leads_to_its_object() {
    let _one = alone();
    let runs = Arc::new(AtomicUsize::new(0));
    let finalizable = || {
        let (value, runs) = (value(), runs.clone());
        gc::set_finalizer(&value, move |_| _ = runs.fetch_add(1, SeqCst));
        value
    };
    let cell = Gc::new(GcCell::new(Some(finalizable())));
    let pinned = gc::pin();
    let read = cell.load(&pinned).unwrap();
    cell.set(None);
    begin_cycle();
    mark_all();
    end_cycle();
    assert_eq!((gc::testing::waiting_for_drop(), **read), (0, VALUE));
    // A handle in time, and the finalizer does not run.
    let other = Gc::new(GcCell::new(Some(finalizable())));
    drop(pinned);
    let ran = |n| {
        while runs.load(SeqCst) < n {
            gc::gc();
            std::thread::yield_now();
        }
        assert_eq!(runs.load(SeqCst), n);
    };
    ran(1);
    let pinned = gc::pin();
    other.load(&pinned).unwrap();
    begin_cycle();
    mark_all();
    end_cycle();
    let kept = other.take();
    drop(pinned);
    gc::gc();
    ran(1);
    drop(kept);
    ran(2);
}

fn in_runtime(procs: usize, f: impl FnOnce() + Send) {
    let rt = marmota::Runtime::builder().procs(procs).build().unwrap();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.run(f) };
}

#[test]
fn the_program_goes_on_while_a_pin_keeps_a_collection_on() {
    let _one = alone();
    for procs in [1, 2] {
        in_runtime(procs, || {
            let pinned = gc::pin();
            let before = collections();
            // Many times what starts a collection, and more than assists could pay for.
            let group = WaitGroup::new();
            for _ in 0..4 {
                group.go(|| {
                    let mut kept = None;
                    for i in 0..200_000 {
                        kept = Some(node(i, kept.filter(|_| i % 1000 > 0)));
                    }
                });
            }
            group.wait();
            gc::gc();
            assert_eq!(collections(), before);
            drop(pinned);
            gc::gc();
            assert!(collections() > before);
        });
    }
}

#[test]
fn pins_that_come_and_go_keep_no_collection_on_for_ever() {
    let _one = alone();
    in_runtime(2, || {
        let before = collections();
        let group = WaitGroup::new();
        for _ in 0..4 {
            group.go(move || {
                let head = list(10);
                // There is a pin at nearly any time.
                while collections() < before + 20 {
                    let pinned = gc::pin();
                    for _ in 0..500 {
                        let next = head.next.load(&pinned).unwrap();
                        assert_eq!(next.value, 2, "freed while in use");
                        head.next.set(Some(node(2, next.next.get())));
                    }
                    drop(pinned);
                    must_be(&head, 1..=10);
                }
            });
        }
        group.wait();
    });
}

#[test]
fn figures_settings_and_keepers_can_be_had_under_a_pin() {
    let _one = alone();
    let holder = Gc::new((value(), GcMutex::new(Some(value()))));
    let locked = holder.1.lock().clone().unwrap();
    let pinned = gc::pin();
    begin_cycle();
    end_cycle();
    let keepers = marmota::debug::who_keeps(&locked);
    assert_eq!((keepers.handles, keepers.path.len()), (0, 2));
    let percent = marmota::debug::set_gc_percent(-1);
    marmota::debug::set_gc_percent(percent);
    marmota::debug::free_os_memory();
    let stats = gc::read_mem_stats();
    assert_eq!(stats.heap_objects, stats.mallocs - stats.frees);
    drop(pinned);
}

#[test]
fn a_deterministic_run_may_hold_pins() {
    let _one = alone();
    marmota::sim::explore(|| {
        let head = list(30);
        let group = WaitGroup::new();
        for _ in 0..2 {
            let head = head.clone();
            group.go(move || {
                for _ in 0..10 {
                    let pinned = gc::pin();
                    let mut at = head.next.load(&pinned).unwrap();
                    while let Some(next) = at.next.load(&pinned) {
                        assert_eq!(next.value, at.value + 1);
                        drop(node(0, None));
                        at = next;
                    }
                    head.next
                        .set(at.next.get().or_else(|| Some(list_from(2, 30))));
                }
            });
        }
        group.wait();
    });
}
