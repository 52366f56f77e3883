//! Mutexes, read-write locks and conditions whose values hold edges.

use crate::{Alive, Node, Token, collect, in_runtimes, node};
use marmota::gc::{self, Gc, GcMutex, Trace};
use marmota::sync::{Cond, Mutex, RwMutex, WaitGroup};
use std::sync::Arc;

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
