//! `#[derive(Trace)]`: every field of every kind of type is found, and made an edge.
//!
//! Each case is an object that leads to itself through the field in question: if a walk
//! missed the field, the object would never be freed; if marking did, what it leads to
//! would be freed too early, and is overwritten.

use marmota::gc::{self, Gc, GcCell, GcMap, GcVec, Trace, Weak};
use marmota::sync::{Mutex, RwMutex};
use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

struct Count(Arc<AtomicUsize>);
impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// What a field leads to: back to its holder, with a value that is looked at.
#[derive(Trace)]
struct Target<T: Trace> {
    back: GcCell<Option<Gc<T>>>,
    value: u64,
}

fn target<T: Trace>() -> Gc<Target<T>> {
    Gc::new(Target {
        back: GcCell::new(None),
        value: 0x5EED,
    })
}

/// Makes an object whose field leads to a target, and the target back to it; checks that
/// the target lives as long as the object, and both die.
fn on_a_cycle<T: Trace>(
    make: impl FnOnce(Gc<Target<T>>, Count) -> T,
    find: impl Fn(&T) -> Gc<Target<T>>,
) {
    let alive = Arc::new(AtomicUsize::new(1));
    let object = {
        let target = target();
        let object = Gc::new(make(target.clone(), Count(alive.clone())));
        target.back.set(Some(object.clone()));
        object
    };
    gc::gc();
    gc::gc();
    assert_eq!(find(&object).value, 0x5EED, "freed too early");
    assert!(Gc::ptr_eq(&find(&object).back.get().unwrap(), &object));
    assert_eq!(alive.load(SeqCst), 1);
    drop(object);
    gc::gc();
    while alive.load(SeqCst) > 0 && gc::testing::waiting_for_drop() > 0 {
        marmota::runtime::gosched();
    }
    for _ in 0..1000 {
        if alive.load(SeqCst) == 0 {
            return;
        }
        marmota::runtime::gosched();
    }
    panic!("never freed: {}", std::any::type_name::<T>());
}

/// A case per field type: how to put the target in, and how to get it out.
macro_rules! cases {
    ($($name:ident: $ty:ty, |$in:ident| $put:expr, |$out:ident| $get:expr;)+) => {$(
        #[marmota::test(procs = 2)]
        fn $name() {
            #[derive(Trace)]
            struct Holder {
                field: $ty,
                #[trace(skip)]
                _count: Count,
            }
            type G = Gc<Target<Holder>>;
            gc::testing::set_poison(true);
            on_a_cycle(
                |$in: G, _count| Holder { field: $put, _count },
                |holder| { let $out = &holder.field; $get },
            );
        }
    )+};
}

cases! {
    plain: G, |g| g, |f| f.clone();
    option: Option<G>, |g| Some(g), |f| f.clone().unwrap();
    result: Result<u8, G>, |g| Err(g), |f| f.as_ref().unwrap_err().clone();
    boxed: Box<G>, |g| Box::new(g), |f| (**f).clone();
    slice: Box<[G]>, |g| vec![g].into(), |f| f[0].clone();
    array: [Option<G>; 3], |g| [None, None, Some(g)], |f| f[2].clone().unwrap();
    tuple: (u8, (G, u8)), |g| (1, (g, 2)), |f| f.1.0.clone();
    vec: Vec<Vec<G>>, |g| vec![vec![], vec![g]], |f| f[1][0].clone();
    deque: VecDeque<G>, |g| [g].into(), |f| f[0].clone();
    list: LinkedList<G>, |g| [g].into(), |f| f.front().unwrap().clone();
    hash_map: HashMap<u8, G>, |g| [(1, g)].into(), |f| f[&1].clone();
    tree_map: BTreeMap<u8, G>, |g| [(1, g)].into(), |f| f[&1].clone();
    reverse: std::cmp::Reverse<G>, |g| std::cmp::Reverse(g), |f| f.0.clone();
    range: std::ops::Range<G>, |g| g.clone()..g, |f| f.end.clone();
    cell: GcCell<G>, |g| GcCell::new(g), |f| f.get();
    cells: Vec<GcCell<Option<G>>>, |g| vec![GcCell::new(Some(g))], |f| f[0].get().unwrap();
    gc_vec: GcVec<G>, |g| [g].into_iter().collect(), |f| f.get(0).unwrap();
    gc_map: GcMap<&'static str, G>, |g| [("a", g)].into_iter().collect(), |f| f.get("a").unwrap();
    mutex: Mutex<Vec<G>>, |g| Mutex::new(vec![g]), |f| f.lock()[0].clone();
    rw_mutex: RwMutex<Option<G>>, |g| RwMutex::new(Some(g)), |f| f.read().clone().unwrap();
    nested_locks: Mutex<RwMutex<GcCell<Option<G>>>>,
        |g| Mutex::new(RwMutex::new(GcCell::new(Some(g)))),
        |f| f.lock().read().get().unwrap();
    channel: (marmota::Sender<G>, marmota::Receiver<G>),
        |g| { let (tx, rx) = marmota::chan(1); tx.send(g); (tx, rx) },
        |f| { let g = f.1.recv().unwrap(); f.0.send(g.clone()); g };
    channel_of_channels: marmota::Chan<marmota::Chan<G>>,
        |g| {
            let (outer, inner) = (marmota::Chan::new(1), marmota::Chan::new(1));
            inner.send(g);
            let _in_heap = Gc::new(inner.clone());
            outer.send(inner);
            outer
        },
        |f| {
            let inner = f.recv().unwrap();
            let g: G = inner.recv().unwrap();
            inner.send(g.clone());
            f.send(inner);
            g
        };
    weak_beside: (Weak<Target<Holder>>, G), |g| (Gc::downgrade(&g), g), |f| {
        assert!(Gc::ptr_eq(&f.0.upgrade().unwrap(), &f.1));
        f.1.clone()
    };
}

#[derive(Trace)]
enum Shape<T, const N: usize>
where
    T: Clone,
{
    Unit,
    Tuple(u8, Option<T>),
    Named {
        a: [Option<T>; N],
        b: PhantomData<fn(T)>,
    },
}

#[derive(Trace)]
struct Generic<A, B: Send + Sync + 'static, C> {
    a: A,
    #[trace(skip)]
    b: Option<B>,
    c: Vec<(C, C)>,
    nothing: (),
}

#[derive(Trace)]
struct Unit;

#[derive(Trace)]
enum Never {}

#[derive(Trace)]
#[allow(clippy::large_enum_variant, reason = "what is inside is the point")]
struct Nest {
    shapes: Vec<Shape<Gc<Target<Nest>>, 2>>,
    generic: Generic<Gc<Target<Nest>>, std::fs::File, u8>,
    unit: Unit,
    never: Option<Never>,
    #[trace(skip)]
    _count: Count,
}

// A skipped field may be of a type that is no Trace.
type _Skips = Generic<u8, std::sync::mpsc::SyncSender<u8>, u8>;

#[marmota::test(procs = 2)]
fn enums_generics_and_skipped_fields() {
    gc::testing::set_poison(true);
    for which in 0..3 {
        on_a_cycle(
            |g: Gc<Target<Nest>>, _count| Nest {
                shapes: match which {
                    0 => vec![Shape::Unit, Shape::Tuple(1, Some(g.clone()))],
                    1 => vec![Shape::Named {
                        a: [None, Some(g.clone())],
                        b: PhantomData,
                    }],
                    _ => vec![],
                },
                generic: Generic {
                    a: g,
                    b: None,
                    c: vec![(1, 2)],
                    nothing: (),
                },
                unit: Unit,
                never: None,
                _count,
            },
            |nest| {
                assert!(nest.generic.b.is_none() && nest.generic.c[0].1 == 2);
                assert!(nest.never.is_none());
                let Unit = nest.unit;
                let () = nest.generic.nothing;
                match nest.shapes.last() {
                    Some(Shape::Tuple(_, Some(g))) => g.clone(),
                    Some(Shape::Named { a, b: PhantomData }) => a[1].clone().unwrap(),
                    _ => nest.generic.a.clone(),
                }
            },
        );
    }
}
