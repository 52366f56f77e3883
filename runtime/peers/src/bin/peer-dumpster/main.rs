//! dumpster: reference counts, and a search for cycles beside them, which starts by itself
//! when more pointers were dropped than there are. Default settings. Its collector for one
//! thread, the faster of its two, wherever one thread has the data; the other in the
//! graph rows.
//!
//! Edges that change are `RefCell`s here, and `Mutex`es in `graph.rs`: it has no cells of
//! its own. Pointers are moved or borrowed rather than cloned where they can be, as a user
//! does whose clones are counted.

mod graph;

use std::cell::RefCell;
use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use dumpster::{Trace, unsync::Gc};
use foldhash::fast::RandomState;
use marmota_peers::harness::{Bench, main_with};
use marmota_peers::rows::{LIST, LRU, LRU_KEYS, Random, TREE_DEPTH};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[
    Bench::timed("trees", trees),
    Bench::timed("gc-list", list),
    Bench::timed("gc-tree", tree),
    Bench::timed("gc-lru", lru),
];

fn main() -> ExitCode {
    main_with(&[ROWS, graph::ROWS], host)
}

#[derive(Trace)]
struct Node {
    left: Option<Gc<Node>>,
    right: Option<Gc<Node>>,
}

fn build(depth: u32) -> Gc<Node> {
    let child = || (depth > 0).then(|| build(depth - 1));
    Gc::new(Node {
        left: child(),
        right: child(),
    })
}

fn check(node: &Node) -> u64 {
    match (&node.left, &node.right) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

fn trees(n: u64) -> Duration {
    let begin = Instant::now();
    let long_lived = build(18);
    let mut nodes = 0;
    for d in [4, 8, 12, 16] {
        nodes += (0..1 << (22 - d)).map(|_| check(&build(d))).sum::<u64>();
    }
    nodes += check(&long_lived);
    let took = begin.elapsed();
    assert_eq!(nodes, n);
    took
}

/// An edge that changes.
type Edge<T> = RefCell<Option<Gc<T>>>;

#[derive(Trace)]
struct Link {
    value: u64,
    next: Edge<Link>,
}

fn list(n: u64) -> Duration {
    let link = |value, next| {
        Gc::new(Link {
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
        let next = at.next.take().expect("a ring");
        let after = next.next.borrow().clone();
        at.next.replace(Some(link(i, after)));
        sum += next.value;
        at = next;
    }
    let took = begin.elapsed();
    assert!(sum > 0);
    took
}

#[derive(Trace)]
struct Branch {
    sides: [Edge<Branch>; 2],
}

fn branches(depth: u32) -> Gc<Branch> {
    let child = || RefCell::new((depth > 0).then(|| branches(depth - 1)));
    Gc::new(Branch {
        sides: [child(), child()],
    })
}

/// Walks `steps` down from here, and replaces the subtree there.
fn replace(at: &Branch, way: u64, steps: u32) {
    let side = &at.sides[way as usize & 1];
    if steps == 0 {
        // What was there is dropped when the cell is free again: a search for cycles may
        // start there, and does not look into a cell that is being written.
        side.replace(Some(branches(2)));
        return;
    }
    replace(
        side.borrow().as_ref().expect("above the leaves"),
        way >> 1,
        steps - 1,
    );
}

fn tree(n: u64) -> Duration {
    let root = branches(TREE_DEPTH);
    let mut random = Random(1);
    let begin = Instant::now();
    for _ in 0..n {
        replace(&root, random.below(1 << TREE_DEPTH), TREE_DEPTH - 3);
    }
    begin.elapsed()
}

#[derive(Trace)]
struct Entry {
    key: u64,
    newer: Edge<Entry>,
    older: Edge<Entry>,
}

impl Entry {
    fn new(key: u64) -> Gc<Entry> {
        Gc::new(Entry {
            key,
            newer: RefCell::new(None),
            older: RefCell::new(None),
        })
    }
}

/// Between `newest` and `oldest`, which hold no key, in order of use.
struct Lru {
    entries: HashMap<u64, Gc<Entry>, RandomState>,
    newest: Gc<Entry>,
    oldest: Gc<Entry>,
}

impl Lru {
    fn new() -> Lru {
        let (newest, oldest) = (Entry::new(u64::MAX), Entry::new(u64::MAX));
        newest.older.replace(Some(oldest.clone()));
        oldest.newer.replace(Some(newest.clone()));
        Lru {
            entries: HashMap::default(),
            newest,
            oldest,
        }
    }

    fn take_out(entry: &Entry) {
        if let (Some(newer), Some(older)) = (entry.newer.take(), entry.older.take()) {
            newer.older.replace(Some(older.clone()));
            older.newer.replace(Some(newer));
        }
    }

    fn put_first(&self, entry: Gc<Entry>) {
        let second = self.newest.older.take().expect("the oldest at least");
        entry.newer.replace(Some(self.newest.clone()));
        second.newer.replace(Some(entry.clone()));
        entry.older.replace(Some(second));
        self.newest.older.replace(Some(entry));
    }

    /// Whether the key was there.
    fn look_up(&mut self, key: u64) -> bool {
        if let Some(entry) = self.entries.get(&key) {
            Lru::take_out(entry);
            self.put_first(entry.clone());
            return true;
        }
        if self.entries.len() as u64 == LRU {
            let last = self.oldest.newer.borrow().clone().expect("an entry");
            Lru::take_out(&last);
            self.entries.remove(&last.key);
        }
        let entry = Entry::new(key);
        self.put_first(entry.clone());
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
