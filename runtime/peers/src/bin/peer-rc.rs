//! Counted pointers of std, and the system's allocator: what edges that change and share
//! cost without a collector, where the program knows its cycles. `Rc` and `RefCell` on one
//! thread, `Arc` and `Mutex` in the graph rows.
//!
//! Counts free no cycle. The ring of `gc-list` is cut by hand when the clock has stopped;
//! in `gc-lru` the map alone holds the entries, and the edges between them are weak. The
//! graph has no cycles.
//!
//! Left out: the trees, where boxes do and cost less (`peer-box.rs`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::process::ExitCode;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use marmota_peers::harness::{Bench, main_with};
use marmota_peers::rows::{EDGES, LIST, LRU, LRU_KEYS, Random};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[
    Bench::timed("gc-list", list).note("ring cut by hand"),
    Bench::timed("gc-lru", lru).note("weak edges"),
    Bench::timed("gc-graph-2", |n| graph(2, n)).note("Arc, Mutex"),
    Bench::timed("gc-graph-8", |n| graph(8, n)).note("Arc, Mutex"),
];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

/// An edge that changes.
type Edge<T> = RefCell<Option<Rc<T>>>;

struct Link {
    value: u64,
    next: Edge<Link>,
}

fn list(n: u64) -> Duration {
    let link = |value, next| {
        Rc::new(Link {
            value,
            next: RefCell::new(next),
        })
    };
    let last = link(0, None);
    let first = (1..LIST).fold(last.clone(), |next, i| link(i, Some(next)));
    last.next.replace(Some(first.clone()));
    // A node that is out of the ring, but kept, would keep all that leave it later.
    drop(last);
    let begin = Instant::now();
    let (mut at, mut sum) = (first, 0);
    for i in 0..n {
        // Moved out rather than cloned: it is replaced at once.
        let next = at.next.take().expect("a ring");
        let after = next.next.borrow().clone();
        at.next.replace(Some(link(i, after)));
        sum += next.value;
        at = next;
    }
    let took = begin.elapsed();
    assert!(sum > 0);
    cut(at);
    took
}

/// Frees what is reached from here, node by node: by drops alone the stack would be as deep
/// as the list is long.
fn cut(mut at: Rc<Link>) {
    while let Some(next) = at.next.take() {
        at = next;
    }
}

struct Entry {
    key: u64,
    newer: RefCell<Weak<Entry>>,
    older: RefCell<Weak<Entry>>,
}

impl Entry {
    fn new(key: u64) -> Rc<Entry> {
        Rc::new(Entry {
            key,
            newer: RefCell::new(Weak::new()),
            older: RefCell::new(Weak::new()),
        })
    }
}

/// Makes the two neighbours.
fn join(newer: &Rc<Entry>, older: &Rc<Entry>) {
    newer.older.replace(Rc::downgrade(older));
    older.newer.replace(Rc::downgrade(newer));
}

fn neighbour(edge: &RefCell<Weak<Entry>>) -> Rc<Entry> {
    edge.borrow().upgrade().expect("whoever is linked lives")
}

/// Between `newest` and `oldest`, which hold no key, in order of use.
struct Lru {
    entries: HashMap<u64, Rc<Entry>, RandomState>,
    newest: Rc<Entry>,
    oldest: Rc<Entry>,
}

impl Lru {
    fn new() -> Lru {
        let (newest, oldest) = (Entry::new(u64::MAX), Entry::new(u64::MAX));
        join(&newest, &oldest);
        Lru {
            entries: HashMap::default(),
            newest,
            oldest,
        }
    }

    fn take_out(entry: &Entry) {
        join(&neighbour(&entry.newer), &neighbour(&entry.older));
    }

    fn put_first(&self, entry: &Rc<Entry>) {
        join(entry, &neighbour(&self.newest.older));
        join(&self.newest, entry);
    }

    /// Whether the key was there.
    fn look_up(&mut self, key: u64) -> bool {
        if let Some(entry) = self.entries.get(&key) {
            Lru::take_out(entry);
            self.put_first(entry);
            return true;
        }
        if self.entries.len() as u64 == LRU {
            let last = neighbour(&self.oldest.newer);
            Lru::take_out(&last);
            self.entries.remove(&last.key);
        }
        let entry = Entry::new(key);
        self.put_first(&entry);
        self.entries.insert(key, entry);
        false
    }
}

fn lru(n: u64) -> Duration {
    let (mut cache, mut random) = (Lru::new(), Random(1));
    let begin = Instant::now();
    let hits = (0..n)
        .filter(|_| cache.look_up(random.below(LRU_KEYS)))
        .count();
    let took = begin.elapsed();
    assert!((hits as u64) < n);
    took
}

/// An edge that threads change.
type Shared = Mutex<Option<Arc<Vertex>>>;

struct Vertex {
    value: u64,
    edge: Shared,
}

/// What the edge led to goes when the lock is free again.
fn store(edge: &Shared, to: Option<Arc<Vertex>>) {
    let before = mem::replace(&mut *edge.lock().unwrap(), to);
    drop(before);
}

fn graph(threads: u64, n: u64) -> Duration {
    let edges: Vec<Shared> = (0..EDGES).map(|_| Mutex::new(None)).collect();
    let begin = Instant::now();
    thread::scope(|s| {
        for i in 0..threads {
            let edges = &edges;
            s.spawn(move || {
                let mut random = Random(i + 1);
                for value in 0..n / threads {
                    let from = edges[random.below(EDGES) as usize].lock().unwrap().clone();
                    if let Some(vertex) = &from {
                        // Chains stay short.
                        store(&vertex.edge, None);
                    }
                    let edge = Mutex::new(from);
                    let vertex = Arc::new(Vertex { value, edge });
                    store(&edges[random.below(EDGES) as usize], Some(vertex));
                }
            });
        }
    });
    let took = begin.elapsed();
    let changed = |edge: &Shared| {
        let vertex = edge.lock().unwrap();
        vertex.as_ref().is_some_and(|vertex| vertex.value > 0)
    };
    assert!(edges.iter().any(changed));
    took
}
