//! The collected heap: see `go/collector.go`.

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use marmota::gc::{self, Gc, GcCell, Object, Pinned, Trace};
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

/// Operations for which one pin is held: long enough that it costs nothing, short enough
/// that no collection waits for it.
const BATCH: u64 = 1_000;

/// The numbers below `n`, in batches.
fn batches(n: u64) -> impl Iterator<Item = Range<u64>> {
    (0..n)
        .step_by(BATCH as usize)
        .map(move |from| from..n.min(from + BATCH))
}

#[derive(Trace)]
struct Link {
    value: u64,
    next: GcCell<Option<Gc<Link>>>,
}

fn link(value: u64) -> Gc<Link> {
    Gc::new(Link {
        value,
        next: GcCell::new(None),
    })
}

fn list(n: u64) -> Duration {
    let last = link(0);
    let mut first = last.clone();
    for i in 1..LIST {
        let link = link(i);
        link.next.set(Some(first));
        first = link;
    }
    last.next.store(&first);
    // Replaced soon, it leads to all that follows: kept, it would keep every node.
    drop(last);
    let begin = Instant::now();
    let (mut from, mut sum) = (first, 0);
    for batch in batches(n) {
        let pinned = gc::pin();
        let mut at = Gc::as_object(&from);
        for i in batch {
            let next = at.next.load(&pinned).expect("the list is a ring");
            let new = link(i);
            new.next.store(next.next.load(&pinned));
            at.next.set(Some(new));
            sum += next.value;
            at = next;
        }
        from = Object::root(at);
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
    for batch in batches(n) {
        let pinned = gc::pin();
        for _ in batch {
            let mut way = random.below(1 << TREE_DEPTH);
            let mut at = Gc::as_object(&root);
            for _ in 3..TREE_DEPTH {
                at = at.sides[way as usize & 1]
                    .load(&pinned)
                    .expect("above the leaves");
                way >>= 1;
            }
            at.sides[way as usize & 1].set(Some(branches(2)));
        }
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
    entries: HashMap<u64, Gc<Entry>, RandomState>,
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
            entries: HashMap::default(),
            newest,
            oldest,
        }
    }

    fn take_out(entry: &Object<Entry>, pinned: &Pinned) {
        if let (Some(newer), Some(older)) = (entry.newer.load(pinned), entry.older.load(pinned)) {
            newer.older.store(older);
            older.newer.store(newer);
        }
    }

    fn put_first(&self, entry: &Object<Entry>, pinned: &Pinned) {
        let second = self.newest.older.load(pinned).expect("the oldest at least");
        entry.newer.store(&self.newest);
        entry.older.store(second);
        second.newer.store(entry);
        self.newest.older.store(entry);
    }

    /// Whether the key was there.
    fn look_up(&mut self, key: u64, pinned: &Pinned) -> bool {
        if let Some(entry) = self.entries.get(&key) {
            let entry = Gc::as_object(entry);
            Lru::take_out(entry, pinned);
            self.put_first(entry, pinned);
            return true;
        }
        if self.entries.len() as u64 == LRU {
            let last = self.oldest.newer.load(pinned).expect("an entry");
            Lru::take_out(last, pinned);
            self.entries.remove(&last.key);
        }
        let entry = Gc::new(Entry {
            key,
            newer: GcCell::new(None),
            older: GcCell::new(None),
        });
        self.put_first(Gc::as_object(&entry), pinned);
        self.entries.insert(key, entry);
        false
    }
}

fn lru(n: u64) -> Duration {
    let (mut cache, mut random) = (Lru::new(), Random(1));
    let begin = Instant::now();
    let mut hits = 0;
    for batch in batches(n) {
        let pinned = gc::pin();
        for _ in batch {
            hits += u64::from(cache.look_up(random.below(LRU_KEYS), &pinned));
        }
    }
    let took = begin.elapsed();
    assert!(hits < n);
    took
}

#[derive(Trace)]
struct Vertex {
    value: u64,
    edge: GcCell<Option<Gc<Vertex>>>,
}

fn graph(goroutines: u64, n: u64) -> Duration {
    let edges: Gc<[GcCell<Option<Gc<Vertex>>>; EDGES as usize]> =
        Gc::new(std::array::from_fn(|_| GcCell::new(None)));
    let group = WaitGroup::new();
    let begin = Instant::now();
    for i in 0..goroutines {
        let edges = edges.clone();
        group.go(move || {
            let mut random = Random(i + 1);
            for batch in batches(n / goroutines) {
                let pinned = gc::pin();
                for value in batch {
                    let from = edges[random.below(EDGES) as usize].load(&pinned);
                    if let Some(vertex) = from {
                        // Chains stay short.
                        vertex.edge.set(None);
                    }
                    let vertex = Gc::new(Vertex {
                        value,
                        edge: GcCell::new(None),
                    });
                    vertex.edge.store(from);
                    edges[random.below(EDGES) as usize].set(Some(vertex));
                }
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
