//! The collected heap: see `go/collector.go`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use marmota::gc::{Gc, GcCell, Trace};
use marmota::{debug, sync::WaitGroup};
use marmota_peers::harness::Bench;
use marmota_peers::rows::{EDGES, LIST, LRU, LRU_KEYS, Random, TREE_DEPTH};

pub const ROWS: &[Bench] = &[
    Bench::timed("trees", trees),
    Bench::timed("gc-list", list),
    Bench::timed("gc-tree", tree),
    Bench::timed("gc-lru", lru),
    Bench::timed("gc-graph-2", |n| graph(2, n)),
    Bench::timed("gc-graph-8", |n| graph(8, n)),
    Bench::direct("gc-pause-p99", || pause(0.99)),
    Bench::direct("gc-pause-worst", || pause(1.0)),
];

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

fn pause(part: f64) -> f64 {
    trees(marmota_peers::rows::TREE_NODES);
    debug::read_gc_stats().pause_quantile(part).as_nanos() as f64
}

#[derive(Trace)]
struct Link {
    value: u64,
    next: GcCell<Option<Gc<Link>>>,
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
    last.next.set(Some(first.clone()));
    let begin = Instant::now();
    let (mut at, mut sum) = (first, 0);
    for i in 0..n {
        let Some(next) = at.next.get() else { break };
        at.next.set(Some(link(i, next.next.get())));
        sum += next.value;
        at = next;
    }
    let took = begin.elapsed();
    assert!(sum > 0);
    took
}

#[derive(Trace)]
struct Branch {
    sides: [GcCell<Option<Gc<Branch>>>; 2],
}

fn branches(depth: u32) -> Gc<Branch> {
    let child = || GcCell::new((depth > 0).then(|| branches(depth - 1)));
    Gc::new(Branch {
        sides: [child(), child()],
    })
}

fn tree(n: u64) -> Duration {
    let root = branches(TREE_DEPTH);
    let mut random = Random(1);
    let begin = Instant::now();
    for _ in 0..n {
        let mut way = random.below(1 << TREE_DEPTH);
        let mut at = root.clone();
        for _ in 3..TREE_DEPTH {
            at = at.sides[way as usize & 1].get().expect("above the leaves");
            way >>= 1;
        }
        at.sides[way as usize & 1].set(Some(branches(2)));
    }
    begin.elapsed()
}

#[derive(Trace)]
struct Entry {
    key: u64,
    newer: GcCell<Option<Gc<Entry>>>,
    older: GcCell<Option<Gc<Entry>>>,
}

/// Between `newest` and `oldest`, which hold no key, in order of use.
struct Lru {
    entries: HashMap<u64, Gc<Entry>>,
    newest: Gc<Entry>,
    oldest: Gc<Entry>,
}

impl Lru {
    fn new() -> Lru {
        let entry = || {
            Gc::new(Entry {
                key: u64::MAX,
                newer: GcCell::new(None),
                older: GcCell::new(None),
            })
        };
        let (newest, oldest) = (entry(), entry());
        newest.older.set(Some(oldest.clone()));
        oldest.newer.set(Some(newest.clone()));
        Lru {
            entries: HashMap::new(),
            newest,
            oldest,
        }
    }

    fn take_out(entry: &Entry) {
        let (newer, older) = (entry.newer.take(), entry.older.take());
        if let (Some(newer), Some(older)) = (newer, older) {
            newer.older.set(Some(older.clone()));
            older.newer.set(Some(newer));
        }
    }

    fn put_first(&self, entry: Gc<Entry>) {
        let second = self.newest.older.get().expect("the oldest at least");
        entry.newer.set(Some(self.newest.clone()));
        second.newer.set(Some(entry.clone()));
        entry.older.set(Some(second));
        self.newest.older.set(Some(entry));
    }

    /// Whether the key was there.
    fn look_up(&mut self, key: u64) -> bool {
        if let Some(entry) = self.entries.get(&key) {
            Lru::take_out(entry);
            self.put_first(entry.clone());
            return true;
        }
        if self.entries.len() as u64 == LRU {
            let last = self.oldest.newer.get().expect("an entry");
            Lru::take_out(&last);
            self.entries.remove(&last.key);
        }
        let entry = Gc::new(Entry {
            key,
            newer: GcCell::new(None),
            older: GcCell::new(None),
        });
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

#[derive(Trace)]
struct Vertex {
    value: u64,
    edge: GcCell<Option<Gc<Vertex>>>,
}

fn graph(goroutines: u64, n: u64) -> Duration {
    let edges: Arc<[GcCell<Option<Gc<Vertex>>>]> = (0..EDGES).map(|_| GcCell::new(None)).collect();
    let group = WaitGroup::new();
    let begin = Instant::now();
    for i in 0..goroutines {
        let edges = edges.clone();
        group.go(move || {
            let mut random = Random(i + 1);
            for value in 0..n / goroutines {
                let from = edges[random.below(EDGES) as usize].get();
                if let Some(vertex) = &from {
                    // Chains stay short.
                    vertex.edge.set(None);
                }
                let edge = GcCell::new(from);
                edges[random.below(EDGES) as usize].set(Some(Gc::new(Vertex { value, edge })));
            }
        });
    }
    group.wait();
    let took = begin.elapsed();
    assert!(
        edges
            .iter()
            .any(|edge| edge.get().is_some_and(|vertex| vertex.value > 0))
    );
    took
}
