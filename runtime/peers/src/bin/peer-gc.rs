//! The crate `gc` (rust-gc): mark and sweep, each thread a heap of its own, stopped while
//! it is collected. Pointers on the stack are known by a count in each object, kept by
//! every clone and drop. Default settings; collections start by themselves, in `Gc::new`.
//!
//! Left out: the graph rows, since a `Gc` does not leave its thread.

#![expect(
    non_local_definitions,
    reason = "the derive of `gc` 0.5 writes its impls inside of constants"
)]

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use gc::{Finalize, Gc, GcCell, Trace};
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
    main_with(&[ROWS], host)
}

#[derive(Trace, Finalize)]
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
type Edge<T> = GcCell<Option<Gc<T>>>;

fn get<T: Trace>(edge: &Edge<T>) -> Option<Gc<T>> {
    edge.borrow().clone()
}

fn set<T: Trace>(edge: &Edge<T>, to: Gc<T>) {
    *edge.borrow_mut() = Some(to);
}

#[derive(Trace, Finalize)]
struct Link {
    value: u64,
    next: Edge<Link>,
}

fn list(n: u64) -> Duration {
    let link = |value, next| {
        Gc::new(Link {
            value,
            next: GcCell::new(next),
        })
    };
    let last = link(0, None);
    let first = (1..LIST).fold(last.clone(), |next, i| link(i, Some(next)));
    set(&last.next, first.clone());
    // A node that is out of the ring, but kept, would keep all that leave it later.
    drop(last);
    let begin = Instant::now();
    let (mut at, mut sum) = (first, 0);
    for i in 0..n {
        let next = get(&at.next).expect("a ring");
        set(&at.next, link(i, get(&next.next)));
        sum += next.value;
        at = next;
    }
    let took = begin.elapsed();
    assert!(sum > 0);
    took
}

#[derive(Trace, Finalize)]
struct Branch {
    sides: [Edge<Branch>; 2],
}

fn branches(depth: u32) -> Gc<Branch> {
    let child = || GcCell::new((depth > 0).then(|| branches(depth - 1)));
    Gc::new(Branch {
        sides: [child(), child()],
    })
}

/// Walks `steps` down from here, and replaces the subtree there. It borrows its way: to
/// clone each pointer would be dearer.
fn replace(at: &Branch, way: u64, steps: u32) {
    let side = &at.sides[way as usize & 1];
    if steps == 0 {
        return set(side, branches(2));
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

#[derive(Trace, Finalize)]
struct Entry {
    key: u64,
    newer: Edge<Entry>,
    older: Edge<Entry>,
}

impl Entry {
    fn new(key: u64) -> Gc<Entry> {
        Gc::new(Entry {
            key,
            newer: GcCell::new(None),
            older: GcCell::new(None),
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
        set(&newest.older, oldest.clone());
        set(&oldest.newer, newest.clone());
        Lru {
            entries: HashMap::default(),
            newest,
            oldest,
        }
    }

    fn take_out(entry: &Entry) {
        let (newer, older) = (
            entry.newer.borrow_mut().take(),
            entry.older.borrow_mut().take(),
        );
        if let (Some(newer), Some(older)) = (newer, older) {
            set(&newer.older, older.clone());
            set(&older.newer, newer);
        }
    }

    fn put_first(&self, entry: Gc<Entry>) {
        let second = get(&self.newest.older).expect("the oldest at least");
        set(&entry.newer, self.newest.clone());
        set(&second.newer, entry.clone());
        set(&entry.older, second);
        set(&self.newest.older, entry);
    }

    /// Whether the key was there.
    fn look_up(&mut self, key: u64) -> bool {
        if let Some(entry) = self.entries.get(&key) {
            Lru::take_out(entry);
            self.put_first(entry.clone());
            return true;
        }
        if self.entries.len() as u64 == LRU {
            let last = get(&self.oldest.newer).expect("an entry");
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
