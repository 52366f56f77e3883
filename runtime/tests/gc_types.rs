//! The collector's types, one by one: what they keep alive, what they let go, and when.
//!
//! Each test runs in parallel runtimes of 1, 2 and 8 Ps. What is freed too early is
//! overwritten; what is never freed leaves its token's count too high.

use marmota::gc::{self, Gc, GcCell, GcDyn, GcMap, GcMutex, GcVec, Trace, UniqueGc, Weak};
use marmota::sync::{Cond, Mutex, RwMutex, WaitGroup};
use marmota::{Chan, Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The heap is one: one test at a time.
static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn in_runtimes(f: impl Fn() + Send + Sync) {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    gc::testing::set_poison(true);
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build();
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        unsafe { rt.unwrap().run(&f) };
    }
}

/// Counts those that are alive.
#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

/// Part of an object; not traced, because it has a destructor.
#[derive(Trace)]
struct Token {
    #[trace(skip)]
    _inner: TokenInner,
}
struct TokenInner(Arc<AtomicUsize>);

impl Alive {
    fn token(&self) -> Token {
        self.0.fetch_add(1, SeqCst);
        Token {
            _inner: TokenInner(self.0.clone()),
        }
    }

    /// Collects until so many are left; destructors run in a goroutine of their own.
    #[track_caller]
    fn becomes(&self, expected: usize) {
        // The first finds what is dead, and frees it; what that held outside of the heap
        // dies by its destructor, and is found by the next.
        for _ in 0..4 {
            collect();
        }
        assert_eq!(self.0.load(SeqCst), expected);
    }
}

impl Drop for TokenInner {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Collects, and waits until what came of it has been run: a value that needs dropping, made
/// before, is dropped after all others on the list.
fn collect() {
    let done = Arc::new(AtomicUsize::new(0));
    let theirs = done.clone();
    gc::add_cleanup(&Gc::new(0u8), move || {
        theirs.store(1, SeqCst);
    });
    gc::gc();
    while done.load(SeqCst) == 0 || gc::testing::waiting_for_drop() > 0 {
        marmota::runtime::gosched();
    }
}

#[derive(Trace)]
struct Node {
    id: u64,
    next: GcCell<Option<Gc<Node>>>,
    token: Token,
}

fn node(alive: &Alive, id: u64) -> Gc<Node> {
    Gc::new(Node {
        id,
        next: GcCell::new(None),
        token: alive.token(),
    })
}

#[test]
fn a_weak_pointer_leads_to_its_object_until_that_dies() {
    in_runtimes(|| {
        let alive = Alive::default();
        let object = node(&alive, 7);
        let weak = Gc::downgrade(&object);
        assert!(weak.ptr_eq(&Gc::downgrade(&object)) && weak.ptr_eq(&weak.clone()));
        collect();
        assert_eq!(weak.upgrade().map(|n| n.id), Some(7));
        // Held by an object alone.
        let holder = Gc::new(GcCell::new(Some(object)));
        collect();
        assert_eq!(weak.upgrade().map(|n| n.id), Some(7));
        let back = weak.upgrade();
        holder.set(None);
        collect();
        assert!(weak.upgrade().is_some());
        drop(back);
        alive.becomes(0);
        assert!(weak.upgrade().is_none());
        assert!(Weak::<Node>::new().upgrade().is_none());
        // The address may be another's now: still nothing.
        let others: Vec<_> = (0..100).map(|i| node(&alive, i)).collect();
        assert!(weak.upgrade().is_none());
        drop(others);
        alive.becomes(0);
    });
}

#[test]
fn a_weak_pointer_in_a_cycle_does_not_keep_it() {
    in_runtimes(|| {
        #[derive(Trace)]
        struct Tree {
            parent: Weak<Tree>,
            child: GcCell<Option<Gc<Tree>>>,
            token: Token,
        }
        let alive = Alive::default();
        let parent = Gc::new_cyclic(|me: &Weak<Tree>| {
            assert!(me.upgrade().is_none());
            Tree {
                parent: Weak::new(),
                child: GcCell::new(Some(Gc::new(Tree {
                    parent: me.clone(),
                    child: GcCell::new(None),
                    token: alive.token(),
                }))),
                token: alive.token(),
            }
        });
        collect();
        let child = parent.child.get().unwrap();
        assert!(Gc::ptr_eq(&child.parent.upgrade().unwrap(), &parent));
        drop(parent);
        alive.becomes(1);
        assert!(child.parent.upgrade().is_none());
        drop(child);
        alive.becomes(0);
    });
}

#[test]
fn upgrading_beside_collections_gives_the_object_or_nothing() {
    in_runtimes(|| {
        let alive = Alive::default();
        let group = WaitGroup::new();
        for seed in 0..4 {
            let alive = alive.clone();
            group.go(move || {
                for i in 0..60 {
                    let id = seed * 1000 + i;
                    let object = node(&alive, id);
                    let weak = Gc::downgrade(&object);
                    drop(object);
                    let other = node(&alive, 99);
                    if i % 7 == 0 {
                        gc::gc();
                    }
                    for _ in 0..20 {
                        if let Some(object) = weak.upgrade() {
                            assert_eq!(object.id, id, "another's object");
                        }
                        marmota::runtime::gosched();
                    }
                    drop(other);
                }
            });
        }
        group.wait();
        alive.becomes(0);
    });
}

#[test]
fn cleanups_run_once_in_order_after_the_object_has_died() {
    in_runtimes(|| {
        let (tx, rx) = marmota::chan(10);
        let object = Gc::new(1u64);
        for i in 0..3 {
            let tx = tx.clone();
            let cleanup = gc::add_cleanup(&object, move || tx.send(i));
            if i == 1 {
                assert!(cleanup.stop());
                assert!(!cleanup.stop());
            }
        }
        collect();
        assert!(rx.is_empty());
        drop(object);
        collect();
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(2)));
        collect();
        assert!(rx.is_empty());
    });
}

#[test]
fn a_finalizer_gets_the_object_alive_once_with_all_it_leads_to() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (tx, rx) = marmota::chan::<Gc<Node>>(10);
        let (cleaned, cleanups) = marmota::chan(10);
        let object = node(&alive, 1);
        object.next.set(Some(node(&alive, 2)));
        // On a cycle, too.
        object.next.get().unwrap().next.set(Some(object.clone()));
        let weak = Gc::downgrade(&object);
        let neighbour = Gc::downgrade(&object.next.get().unwrap());
        gc::add_cleanup(&object, move || cleaned.send(()));
        gc::set_finalizer(&object, move |object| tx.send(object));
        collect();
        assert!(rx.is_empty());
        drop(object);
        collect();
        let object = rx.recv().unwrap();
        assert_eq!((object.id, object.next.get().unwrap().id), (1, 2));
        assert!(weak.upgrade().is_none(), "cleared before the finalizer");
        assert!(neighbour.upgrade().is_some(), "revived with the object");
        assert!(cleanups.is_empty(), "the object is alive");
        assert_eq!(alive.0.load(SeqCst), 2);
        drop(object);
        alive.becomes(0);
        assert!(rx.is_empty(), "a finalizer runs once");
        assert_eq!(cleanups.try_recv(), Ok(()));
    });
}

#[test]
fn a_finalizer_may_set_another_and_may_be_taken_off() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (tx, rx) = marmota::chan(10);
        let object = node(&alive, 1);
        let again = tx.clone();
        gc::set_finalizer(&object, move |object| {
            let last = again.clone();
            gc::set_finalizer(&object, move |_| last.send("second"));
            again.send("first");
        });
        let second = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            gc::set_finalizer(&object, |_| {});
        }));
        assert!(second.is_err());
        drop(object);
        alive.becomes(0);
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok("first"), Ok("second")));
        let object = node(&alive, 2);
        gc::set_finalizer(&object, move |_| tx.send("never"));
        assert!(gc::clear_finalizer(&object) && !gc::clear_finalizer(&object));
        drop(object);
        alive.becomes(0);
        assert!(rx.is_empty());
    });
}

#[test]
fn a_unique_object_can_be_changed_until_it_is_shared() {
    in_runtimes(|| {
        let alive = Alive::default();
        let mut unique = UniqueGc::new(vec![node(&alive, 1)]);
        collect();
        unique.push(node(&alive, 2));
        let taken = unique.remove(0);
        collect();
        assert_eq!(taken.id, 1);
        let shared: Gc<Vec<Gc<Node>>> = unique.share();
        collect();
        assert_eq!(shared[0].id, 2);
        drop(taken);
        alive.becomes(1);
        drop(shared);
        alive.becomes(0);
        let unshared = UniqueGc::new((node(&alive, 3), alive.token()));
        collect();
        assert_eq!(unshared.0.id, 3);
        drop(unshared);
        alive.becomes(0);
        // A cycle through what was put in while it was private.
        let mut unique = UniqueGc::new((GcVec::new(), alive.token()));
        let me = Gc::new(GcCell::new(None::<Gc<Hoop>>));
        unique.0 = GcVec::from_iter([Gc::new(Ring(me.clone()))]);
        me.set(Some(unique.share()));
        drop(me);
        alive.becomes(0);
        let (inner, _token) = UniqueGc::new((node(&alive, 4), alive.token())).into_inner();
        collect();
        assert_eq!(inner.id, 4);
        drop((inner, _token));
        alive.becomes(0);
    });
}

#[derive(Trace)]
struct Ring(#[allow(dead_code, reason = "it is traced")] Gc<GcCell<Option<Gc<Hoop>>>>);
type Hoop = (GcVec<Gc<Ring>>, Token);

#[test]
fn sharing_while_marking_loses_nothing() {
    in_runtimes(|| {
        let alive = Alive::default();
        let group = WaitGroup::new();
        for _ in 0..3 {
            let alive = alive.clone();
            group.go(move || {
                for i in 0..60 {
                    let mut unique = UniqueGc::new(Vec::new());
                    for id in 0..20 {
                        unique.push(node(&alive, id));
                    }
                    if i % 5 == 0 {
                        gc::gc();
                    }
                    let shared = unique.share();
                    marmota::runtime::gosched();
                    assert!(shared.iter().map(|n| n.id).eq(0..20));
                }
            });
        }
        group.wait();
        alive.becomes(0);
    });
}

trait Shape: Send + Sync {
    fn area(&self) -> u64;
    fn inner(&self) -> Option<GcDyn<dyn Shape>> {
        None
    }
}
#[derive(Trace)]
struct Square(u64, Token);
#[derive(Trace)]
#[repr(align(64))]
struct Frame {
    inside: GcDyn<dyn Shape>,
    token: Token,
}
impl Shape for Square {
    fn area(&self) -> u64 {
        self.0 * self.0
    }
}
impl Shape for Frame {
    fn area(&self) -> u64 {
        self.inside.area() + 1
    }
    fn inner(&self) -> Option<GcDyn<dyn Shape>> {
        Some(self.inside.clone())
    }
}

#[test]
fn a_trait_object_is_traced_like_its_type() {
    in_runtimes(|| {
        let alive = Alive::default();
        let square = marmota::gc_dyn!(Gc::new(Square(3, alive.token())) => dyn Shape);
        let frame = Gc::new(Frame {
            inside: square.clone(),
            token: alive.token(),
        });
        let frame = marmota::gc_dyn!(frame => dyn Shape);
        drop(square);
        collect();
        assert_eq!(frame.area(), 10);
        let square = frame.inner().unwrap();
        drop(frame);
        alive.becomes(1);
        assert_eq!(square.area(), 9);
        drop(square);
        alive.becomes(0);
    });
}

#[test]
fn a_cycle_through_a_mutex_is_collected_and_its_value_kept_till_then() {
    in_runtimes(|| {
        #[derive(Trace)]
        struct Account {
            partners: GcMutex<Vec<Gc<Account>>>,
            limits: RwMutex<Option<Gc<Account>>>,
            token: Token,
        }
        let alive = Alive::default();
        let new = || {
            Gc::new(Account {
                partners: Mutex::new(Vec::new()),
                limits: RwMutex::new(None),
                token: alive.token(),
            })
        };
        let (a, b, c) = (new(), new(), new());
        a.partners.lock().push(b.clone());
        b.partners.lock().push(a.clone());
        *b.limits.write() = Some(c.clone());
        {
            let mut limits = c.limits.write();
            *limits = Some(b);
            // A reader finds edges.
            let limits = marmota::sync::RwMutexWriteGuard::downgrade(limits);
            collect();
            assert!(limits.is_some());
        }
        drop(c);
        alive.becomes(3);
        {
            // Taken out, and put back.
            let mut partners = a.partners.lock();
            let b = partners.pop().unwrap();
            collect();
            assert_eq!(b.partners.lock().len(), 1);
            partners.push(b);
            collect();
        }
        let b = a.partners.lock()[0].clone();
        let c = b.limits.read().clone().unwrap();
        assert!(Gc::ptr_eq(c.limits.read().as_ref().unwrap(), &b));
        drop(a);
        alive.becomes(3);
        b.partners.lock().clear();
        alive.becomes(2);
        drop((b, c));
        alive.becomes(0);
    });
}

#[test]
fn a_condition_gives_its_mutex_back_with_edges_in_it() {
    in_runtimes(|| {
        let alive = Alive::default();
        let shared = Gc::new((Mutex::new(Vec::<Gc<Node>>::new()), alive.token()));
        let cond = Arc::new(Cond::new());
        let group = WaitGroup::new();
        let (theirs, signal, their_alive) = (shared.clone(), cond.clone(), alive.clone());
        group.go(move || {
            for id in 0..50 {
                theirs.0.lock().push(node(&their_alive, id));
                signal.signal();
                if id % 10 == 0 {
                    gc::gc();
                }
            }
        });
        let mut seen = 0;
        let mut queue = shared.0.lock();
        while seen < 50 {
            cond.wait_while(&mut queue, |queue: &mut Vec<_>| queue.is_empty());
            for node in queue.drain(..) {
                assert_eq!(node.id, seen);
                seen += 1;
            }
        }
        drop(queue);
        group.wait();
        alive.becomes(1);
        drop(shared);
        alive.becomes(0);
    });
}

#[test]
fn locks_that_are_taken_while_marking_lose_nothing() {
    in_runtimes(|| {
        let alive = Alive::default();
        type Cell = Gc<(Mutex<Option<Gc<Node>>>, RwMutex<Vec<Gc<Node>>>)>;
        let cells: Arc<Vec<Cell>> = Arc::new(
            (0..8)
                .map(|i| Gc::new((Mutex::new(Some(node(&alive, i))), RwMutex::default())))
                .collect(),
        );
        let group = WaitGroup::new();
        for seed in 0..4usize {
            let (alive, cells) = (alive.clone(), cells.clone());
            group.go(move || {
                for i in 0..150 {
                    let (from, to) = (&cells[(seed + i) % 8], &cells[(seed * 3 + i * 5) % 8]);
                    let node = from.0.lock().take();
                    if let Some(node) = node {
                        assert!(node.id < 8, "freed while in use");
                        to.1.write().push(node);
                    }
                    let node = to.1.write().pop();
                    let old = node.and_then(|node| from.0.lock().replace(node));
                    if let Some(old) = old {
                        to.1.write().push(old);
                    }
                    for node in to.1.read().iter() {
                        assert!(node.id < 8, "freed while in use");
                    }
                    if i % 30 == seed {
                        gc::gc();
                    }
                    drop(node_garbage(&alive));
                }
            });
        }
        group.wait();
        alive.becomes(8);
        drop(cells);
        alive.becomes(0);
    });
}

fn node_garbage(alive: &Alive) -> Gc<Node> {
    node(alive, 1000)
}

#[derive(Trace)]
struct Actor {
    inbox: Receiver<Message>,
    outbox: Sender<Message>,
    token: Token,
}
#[derive(Trace)]
struct Message {
    from: Gc<Actor>,
    id: u64,
}

#[test]
fn a_cycle_through_a_channel_is_collected() {
    in_runtimes(|| {
        let alive = Alive::default();
        let new = |capacity| {
            let (outbox, inbox) = marmota::chan(capacity);
            Gc::new(Actor {
                inbox,
                outbox,
                token: alive.token(),
            })
        };
        let actor = new(4);
        for id in 0..3 {
            actor.outbox.send(Message {
                from: actor.clone(),
                id,
            });
        }
        collect();
        let first = actor.inbox.recv().unwrap();
        assert!(Gc::ptr_eq(&first.from, &actor));
        drop(first);
        assert_eq!(actor.inbox.len(), 2);
        drop(actor);
        alive.becomes(0);

        // Two that hold each other in their buffers.
        let (a, b) = (new(1), new(1));
        a.outbox.send(Message {
            from: b.clone(),
            id: 1,
        });
        b.outbox.send(Message {
            from: a.clone(),
            id: 2,
        });
        drop(a);
        alive.becomes(2);
        let message = b.inbox.recv().unwrap();
        assert_eq!(message.from.inbox.recv().map(|m| m.id), Some(1));
        drop(message);
        alive.becomes(1);
        drop(b);
        alive.becomes(0);
    });
}

#[test]
fn a_channel_in_the_heap_is_kept_by_a_handle_outside_with_what_is_in_it() {
    in_runtimes(|| {
        let alive = Alive::default();
        let chan = Chan::new(8);
        // Values from before the channel came into the heap, and from after.
        chan.send(node(&alive, 1));
        let holder = Gc::new((chan.clone(), alive.token()));
        chan.send(node(&alive, 2));
        drop(holder);
        alive.becomes(2);
        assert_eq!(chan.recv().map(|n| n.id), Some(1));
        alive.becomes(1);
        // Into the heap again, and out of it by a clone.
        let holder = Gc::new(Some(chan));
        collect();
        let chan = holder.as_ref().as_ref().unwrap().receiver();
        drop(holder);
        collect();
        assert_eq!(chan.recv().map(|n| n.id), Some(2));
        alive.becomes(0);
        drop(chan);
        collect();
    });
}

#[test]
fn channels_work_as_ever_while_they_lie_in_the_heap() {
    in_runtimes(|| {
        let alive = Alive::default();
        for capacity in [0, 1, 3] {
            let holder = Gc::new((Chan::<Gc<Node>>::new(capacity), alive.token()));
            let group = WaitGroup::new();
            let (theirs, their_alive) = (holder.clone(), alive.clone());
            group.go(move || {
                for id in 0..200 {
                    if id % 3 == 0 {
                        marmota::select! { &theirs.0 <- node(&their_alive, id) => {} }
                    } else {
                        theirs.0.send(node(&their_alive, id));
                    }
                    if id % 50 == 0 {
                        gc::gc();
                    }
                }
                theirs.0.close();
            });
            let mut expected = 0;
            loop {
                let next = marmota::select! { node = <-&holder.0 => node };
                let Some(node) = next else { break };
                assert_eq!(node.id, expected);
                expected += 1;
            }
            assert_eq!(expected, 200);
            group.wait();
            drop(holder);
        }
        alive.becomes(0);
    });
}

#[test]
fn a_vector_of_edges_does_what_a_vector_does() {
    in_runtimes(|| {
        let alive = Alive::default();
        for in_heap in [false, true] {
            let outside = GcVec::new();
            let inside = Gc::new(GcVec::new());
            let vec: &GcVec<Gc<Node>> = if in_heap { &inside } else { &outside };
            let mut model: Vec<u64> = Vec::new();
            let ids = |vec: &GcVec<Gc<Node>>| vec.iter().map(|n| n.id).collect::<Vec<_>>();
            for id in 0..40 {
                vec.push(node(&alive, id));
                model.push(id);
            }
            collect();
            assert_eq!(ids(vec), model);
            vec.insert(3, node(&alive, 100));
            model.insert(3, 100);
            vec.insert(41, node(&alive, 101));
            model.insert(41, 101);
            assert_eq!(vec.remove(0).id, model.remove(0));
            assert_eq!(vec.swap_remove(5).id, model.swap_remove(5));
            assert_eq!(vec.pop().map(|n| n.id), model.pop());
            assert_eq!(vec.swap(2, node(&alive, 102)).id, model[2]);
            model[2] = 102;
            vec.set(1, node(&alive, 103));
            model[1] = 103;
            assert_eq!((ids(vec), vec.len()), (model.clone(), model.len()));
            alive.becomes(model.len());
            vec.truncate(10);
            model.truncate(10);
            alive.becomes(10);
            assert_eq!(ids(vec), model);
            assert!(vec.get(10).is_none());
            let pinned = gc::pin();
            assert_eq!(vec.load(9, &pinned).map(|n| n.id), Some(model[9]));
            assert!(vec.load(10, &pinned).is_none());
            drop(pinned);
            vec.clear();
            alive.becomes(0);
            assert!(vec.is_empty() && vec.pop().is_none());
            // A large one, in pages of its own; and a cycle through it.
            for id in 0..10_000 {
                vec.push(node(&alive, id));
            }
            collect();
            assert_eq!(vec.get(9_999).map(|n| n.id), Some(9_999));
            drop((outside, inside));
            alive.becomes(0);
        }
        let out = std::panic::catch_unwind(|| GcVec::<Gc<u8>>::new().set(0, Gc::new(1)));
        let text = *out.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(text, "index out of range [0] with length 0");
    });
}

#[test]
fn cycles_through_vectors_and_maps_are_collected() {
    #[derive(Trace)]
    struct Hub {
        list: GcVec<Gc<Hub>>,
        map: GcMap<String, Gc<Hub>>,
        token: Token,
    }
    in_runtimes(|| {
        let alive = Alive::default();
        let new = || {
            Gc::new(Hub {
                list: GcVec::new(),
                map: GcMap::new(),
                token: alive.token(),
            })
        };
        let hub = new();
        for i in 0..20 {
            let other = new();
            other.list.push(hub.clone());
            hub.list.push(other.clone());
            other.map.insert("hub".into(), hub.clone());
            hub.map.insert(format!("{i}"), other);
        }
        alive.becomes(21);
        assert!(Gc::ptr_eq(
            &hub.map.get("7").unwrap(),
            &hub.list.get(7).unwrap()
        ));
        assert!(hub.map.insert("7".into(), hub.clone()).is_some());
        assert!(hub.map.remove("8").is_some() && hub.map.remove("8").is_none());
        hub.list.clear();
        alive.becomes(19);
        assert!(hub.map.insert("new".into(), new()).is_none());
        assert_eq!((hub.map.len(), hub.map.entries().len()), (20, 20));
        hub.map.get_or_insert_with("newer".into(), new);
        assert!(Gc::ptr_eq(
            &hub.map.get_or_insert_with("newer".into(), new),
            &hub.map.get("newer").unwrap()
        ));
        alive.becomes(21);
        hub.map.clear();
        alive.becomes(1);
        drop(hub);
        alive.becomes(0);
    });
}

#[test]
fn what_is_loaded_under_a_pin_stays_until_its_end() {
    in_runtimes(|| {
        let alive = Alive::default();
        let holder = Gc::new(GcCell::new(Some(node(&alive, 5))));
        let pinned = gc::pin();
        let read = holder.load(&pinned).unwrap();
        holder.set(None);
        for _ in 0..5 {
            gc::gc();
            drop(node(&alive, 6));
        }
        assert_eq!(read.id, 5);
        drop(pinned);
        alive.becomes(0);
    });
}

#[test]
fn who_keeps_an_object_is_told_with_the_way_to_it() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (root, middle, leaf) = (node(&alive, 1), node(&alive, 2), node(&alive, 3));
        root.next.set(Some(middle.clone()));
        middle.next.set(Some(leaf.clone()));
        drop(middle);
        let keepers = marmota::debug::who_keeps(&leaf);
        assert_eq!(keepers.handles, 0);
        let handles: Vec<u64> = keepers.path.iter().map(|k| k.handles).collect();
        assert_eq!(handles, [1, 0, 1]);
        assert_eq!(keepers.path[0].address, std::ptr::from_ref(&*root).addr());
        assert_eq!(keepers.path[2].address, std::ptr::from_ref(&*leaf).addr());
        let text = keepers.to_string();
        assert!(
            text.starts_with("kept alive\n  by gc_types::Node at 0x"),
            "{text}"
        );
        assert!(
            text.contains("(1 handle)\n  -> gc_types::Node at"),
            "{text}"
        );
        // Through a channel in the heap, and with many objects around.
        let chan = Chan::new(1);
        chan.send(leaf.clone());
        let holder = Gc::new(chan);
        root.next.set(None);
        let crowd: Vec<_> = (0..5000).map(|i| node(&alive, i)).collect();
        let boxed = Box::new(leaf.clone());
        let keepers = marmota::debug::who_keeps(&leaf);
        assert_eq!((keepers.handles, keepers.path.len()), (1, 3));
        assert_eq!(keepers.path[0].address, std::ptr::from_ref(&*holder).addr());
        drop((holder, boxed, crowd));
        assert_eq!(
            marmota::debug::who_keeps(&leaf).to_string(),
            "kept alive by nothing but the handle asked with"
        );
    });
}
