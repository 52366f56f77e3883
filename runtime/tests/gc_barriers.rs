//! The barriers of the collector, one test for each: taken away, the test fails.
//!
//! On a plain thread nobody marks beside the test, which so decides what happens before
//! and after each step of a cycle. What is freed is overwritten, and is seen by that.

use marmota::Chan;
use marmota::gc::testing::{begin_cycle, end_cycle, mark_all, set_poison};
use marmota::gc::{self, Gc, GcCell, GcMap, GcMutex, GcVec, Trace, UniqueGc};

static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    let one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    gc::gc();
    set_poison(true);
    one
}

type Value = [u64; 4];
const VALUE: Value = [0xA11CE; 4];

/// An object of a class whose spans the objects that hold it do not use.
fn value() -> Gc<Value> {
    Gc::new(VALUE)
}

#[track_caller]
fn is_there(value: &Value) {
    assert_eq!(*value, VALUE, "freed while in use");
}

/// As long as it is there, what it holds is; and it is seen if not.
#[test]
fn what_nothing_leads_to_is_freed_by_such_a_cycle() {
    let _one = alone();
    let weak = Gc::downgrade(&value());
    begin_cycle();
    end_cycle();
    assert!(weak.upgrade().is_none());
}

#[test]
fn an_edge_that_is_overwritten_is_shaded() {
    let _one = alone();
    type Cut = fn(&GcCell<Option<Gc<Value>>>);
    let cuts: [Cut; 8] = [
        |cell| cell.set(None),
        |cell| cell.store(&value()),
        |cell| _ = cell.swap_ref(&value(), &gc::pin()),
        |cell| _ = cell.take_ref(&gc::pin()),
        |cell| {
            let pinned = gc::pin();
            let there = cell.load(&pinned);
            assert!(cell.compare_exchange_ref(there, &value(), &pinned).is_ok());
        },
        |cell| drop(cell.swap(Some(value()))),
        |cell| drop(cell.take()),
        |cell| drop(cell.compare_exchange(&cell.get(), None)),
    ];
    for cut in cuts {
        // In the heap, and outside of it.
        let inside = Gc::new(GcCell::new(Some(value())));
        let outside = GcCell::new(Some(value()));
        for cell in [&*inside, &outside] {
            begin_cycle();
            // After the beginning: this pin does not keep this cycle's marking on.
            let pinned = gc::pin();
            let read = cell.load(&pinned).unwrap();
            cut(cell);
            end_cycle();
            is_there(read);
        }
        // A handle besides, which goes before the roots are looked for: no edge becomes
        // the first handle then.
        {
            let cell = Gc::new(GcCell::new(Some(value())));
            let handle = cell.get();
            begin_cycle();
            let pinned = gc::pin();
            let read = cell.load(&pinned).unwrap();
            cut(&cell);
            drop(handle);
            end_cycle();
            is_there(read);
        }
    }
}

#[test]
fn an_edge_that_leaves_a_vector_is_shaded() {
    let _one = alone();
    type Cut = fn(&GcVec<Gc<Value>>);
    let cuts: [Cut; 7] = [
        |vec| vec.store(0, &value()),
        |vec| drop(vec.remove(0)),
        |vec| drop(vec.swap_remove(0)),
        |vec| vec.set(0, value()),
        |vec| vec.clear(),
        |vec| vec.truncate(0),
        |vec| {
            while vec.pop().is_some() {}
        },
    ];
    for (cut, has_handle) in cuts.into_iter().flat_map(|cut| [(cut, false), (cut, true)]) {
        let vec = Gc::new(GcVec::from_iter([value(), value()]));
        // As above.
        let handle = has_handle.then(|| vec.get(0));
        begin_cycle();
        let pinned = gc::pin();
        let read = vec.load(0, &pinned).unwrap();
        cut(&vec);
        drop(handle);
        end_cycle();
        is_there(read);
    }
}

#[test]
fn a_handle_that_becomes_an_edge_is_shaded() {
    let _one = alone();
    let (a, b, c, d) = (value(), value(), value(), value());
    begin_cycle();
    // New objects are black: nobody will look into them in this cycle.
    let fixed = Gc::new(Some(a));
    let cell = Gc::new(GcCell::new(None));
    cell.set(Some(b));
    let exchanged = Gc::new(GcCell::new(None));
    assert!(exchanged.compare_exchange(&None, Some(c)).is_ok());
    let mut unique = UniqueGc::new(None);
    *unique = Some(d);
    let shared = unique.share();
    end_cycle();
    is_there(fixed.as_ref().as_ref().unwrap());
    is_there(&cell.get().unwrap());
    is_there(&exchanged.get().unwrap());
    is_there((*shared).as_ref().unwrap());
}

#[test]
fn an_object_that_is_stored_is_shaded() {
    let _one = alone();
    type Store = fn(&(GcCell<Option<Gc<Value>>>, GcVec<Gc<Value>>), &Gc<Value>);
    type Load = fn(&(GcCell<Option<Gc<Value>>>, GcVec<Gc<Value>>)) -> Gc<Value>;
    let stores: [(Store, Load); 5] = [
        (|to, value| to.0.store(value), |to| to.0.get().unwrap()),
        (
            |to, value| _ = to.0.swap_ref(value, &gc::pin()),
            |to| to.0.get().unwrap(),
        ),
        (
            |to, value| {
                let pinned = gc::pin();
                let none = to.0.load(&pinned);
                assert!(to.0.compare_exchange_ref(none, value, &pinned).is_ok());
            },
            |to| to.0.get().unwrap(),
        ),
        (|to, value| to.1.push_ref(value), |to| to.1.get(0).unwrap()),
        (
            |to, value| {
                to.1.push(self::value());
                to.1.store(0, value);
            },
            |to| to.1.get(0).unwrap(),
        ),
    ];
    for (store, load) in stores {
        let value = value();
        begin_cycle();
        // New, and so black; and its vector's array is new, too.
        let to = Gc::new((GcCell::new(None), GcVec::new()));
        store(&to, &value);
        // Before the roots are looked for.
        drop(value);
        end_cycle();
        is_there(&load(&to));
    }
}

#[test]
fn what_goes_behind_a_lock_is_shaded() {
    let _one = alone();
    let (a, b) = (value(), value());
    begin_cycle();
    let mutex = Gc::new(GcMutex::new(None));
    *mutex.lock() = Some(a);
    let lock = Gc::new(marmota::sync::RwMutex::new(Vec::new()));
    lock.write().push(b);
    end_cycle();
    is_there(mutex.lock().as_ref().unwrap());
    is_there(&lock.read()[0]);
}

#[test]
fn what_goes_into_a_channel_a_vector_or_a_map_is_shaded() {
    let _one = alone();
    let (a, b, c, d) = (value(), value(), value(), value());
    begin_cycle();
    // One value is in the buffer already when the channel moves in.
    let chan = Chan::new(2);
    chan.send(a);
    let chan = Gc::new(chan);
    chan.send(b);
    let vec = Gc::new(GcVec::new());
    vec.push(c);
    let map = Gc::new(GcMap::new());
    map.insert("d", d);
    end_cycle();
    is_there(&chan.recv().unwrap());
    is_there(&chan.recv().unwrap());
    is_there(&vec.get(0).unwrap());
    is_there(&map.get("d").unwrap());
}

#[test]
fn an_array_that_was_copied_is_shaded() {
    let _one = alone();
    let inside = Gc::new(GcVec::new());
    let outside = GcVec::new();
    for vec in [&*inside, &outside] {
        vec.push(value());
        begin_cycle();
        for _ in 0..100 {
            vec.push(value());
        }
        end_cycle();
        is_there(&vec.get(0).unwrap());
    }
}

#[test]
fn an_object_that_becomes_a_root_is_shaded() {
    let _one = alone();
    #[derive(Trace)]
    struct Holder {
        value: Gc<Value>,
    }
    let holder = Gc::new(Holder { value: value() });
    let weak = Gc::downgrade(&holder);
    drop(holder);
    begin_cycle();
    mark_all();
    // All roots have been looked for: this one comes late.
    let holder = weak.upgrade().expect("nothing is dead while marking");
    end_cycle();
    is_there(&holder.value);
}

#[test]
fn what_is_new_is_black() {
    let _one = alone();
    begin_cycle();
    let before = value();
    mark_all();
    let after = value();
    let large = Gc::new([1u64; 10_000]);
    end_cycle();
    is_there(&before);
    is_there(&after);
    assert_eq!(large[9_999], 1);
}

#[test]
fn what_a_lock_lends_while_marking_is_kept() {
    let _one = alone();
    let mutex = Gc::new(GcMutex::new(Some(value())));
    begin_cycle();
    // Open while the marker comes by, and emptied then.
    let mut open = mutex.lock();
    mark_all();
    let taken = open.take();
    drop(open);
    end_cycle();
    is_there(&taken.unwrap());
    // Opened before a cycle, closed after it.
    let mut open = mutex.lock();
    *open = Some(value());
    begin_cycle();
    end_cycle();
    begin_cycle();
    drop(open);
    end_cycle();
    is_there(mutex.lock().as_ref().unwrap());
}

#[test]
fn what_is_received_while_marking_is_kept() {
    let _one = alone();
    let chan = Chan::new(1);
    chan.send(value());
    let holder = Gc::new(chan);
    begin_cycle();
    let received = holder.recv().unwrap();
    drop(holder);
    end_cycle();
    is_there(&received);
}
