//! gc-arena: an incremental collector whose pointers live only within a closure on its
//! arena. Default pacing; collecting is asked for between closures, as its users do: here
//! between the trees of `trees` once [`DEBT`] is due, and after each [`BATCH`] of steps,
//! walks and look-ups.
//!
//! A pointer is copied at no cost; an edge is a `Lock`, whose write tells the
//! collector of its node.
//!
//! Left out: the graph rows, since an arena belongs to one thread.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use gc_arena::barrier::{field, unlock};
use gc_arena::{Arena, Collect, Gc, Lock, Mutation, RefLock, Rootable};
use marmota_peers::harness::{Bench, main_with};
use marmota_peers::rows::{LIST, LRU, LRU_KEYS, Random, TREE_DEPTH};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[
    Bench::timed("trees", trees),
    Bench::timed("gc-list", list),
    Bench::timed("gc-tree", tree),
    Bench::timed("gc-lru", lru),
];

/// Allocations that `trees` leaves to be paid for by collecting. Paying after each tree,
/// most of which are small, takes four times as long; a tenfold debt gains little more.
const DEBT: f64 = 30_000.0;

/// Operations in one closure, after which the arena collects what is due; every row's grain
/// is a multiple of it. Smaller batches gain nothing that could be told from noise, and cost
/// the cache up to five times as much: its map is walked again after each that inserts.
const BATCH: u64 = 1_000;

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    left: Option<Gc<'gc, Node<'gc>>>,
    right: Option<Gc<'gc, Node<'gc>>>,
}

fn build<'gc>(mc: &Mutation<'gc>, depth: u32) -> Gc<'gc, Node<'gc>> {
    let child = || (depth > 0).then(|| build(mc, depth - 1));
    Gc::new(
        mc,
        Node {
            left: child(),
            right: child(),
        },
    )
}

fn check(node: &Node<'_>) -> u64 {
    match (&node.left, &node.right) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

fn trees(n: u64) -> Duration {
    let begin = Instant::now();
    let mut long_lived = Arena::<Rootable![Gc<'_, Node<'_>>]>::new(|mc| build(mc, 18));
    let mut nodes = 0;
    for d in [4, 8, 12, 16] {
        for _ in 0..1 << (22 - d) {
            nodes += long_lived.mutate(|mc, _| check(&build(mc, d)));
            if long_lived.metrics().allocation_debt() > DEBT {
                long_lived.collect_debt();
            }
        }
    }
    nodes += long_lived.mutate(|_, root| check(root));
    let took = begin.elapsed();
    assert_eq!(nodes, n);
    took
}

/// An edge that changes.
type Edge<'gc, T> = Lock<Option<Gc<'gc, T>>>;

#[derive(Collect)]
#[collect(no_drop)]
struct Link<'gc> {
    value: u64,
    next: Edge<'gc, Link<'gc>>,
}

fn link<'gc>(
    mc: &Mutation<'gc>,
    value: u64,
    next: Option<Gc<'gc, Link<'gc>>>,
) -> Gc<'gc, Link<'gc>> {
    let next = Lock::new(next);
    Gc::new(mc, Link { value, next })
}

fn set_next<'gc>(mc: &Mutation<'gc>, from: Gc<'gc, Link<'gc>>, to: Gc<'gc, Link<'gc>>) {
    unlock!(Gc::write(mc, from), Link, next).set(Some(to));
}

fn list(n: u64) -> Duration {
    // The root is where the walk stands.
    let mut ring = Arena::<Rootable![Gc<'_, Link<'_>>]>::new(|mc| {
        let last = link(mc, 0, None);
        let first = (1..LIST).fold(last, |next, i| link(mc, i, Some(next)));
        set_next(mc, last, first);
        first
    });
    let begin = Instant::now();
    let mut sum = 0;
    for batch in 0..n / BATCH {
        ring.mutate_root(|mc, at| {
            for i in batch * BATCH..(batch + 1) * BATCH {
                let next = at.next.get().expect("a ring");
                set_next(mc, *at, link(mc, i, next.next.get()));
                sum += next.value;
                *at = next;
            }
        });
        ring.collect_debt();
    }
    let took = begin.elapsed();
    assert!(sum > 0);
    took
}

#[derive(Collect)]
#[collect(no_drop)]
struct Branch<'gc> {
    sides: [Edge<'gc, Branch<'gc>>; 2],
}

fn branches<'gc>(mc: &Mutation<'gc>, depth: u32) -> Gc<'gc, Branch<'gc>> {
    let child = || Lock::new((depth > 0).then(|| branches(mc, depth - 1)));
    let sides = [child(), child()];
    Gc::new(mc, Branch { sides })
}

fn tree(n: u64) -> Duration {
    let mut root = Arena::<Rootable![Gc<'_, Branch<'_>>]>::new(|mc| branches(mc, TREE_DEPTH));
    let mut random = Random(1);
    let begin = Instant::now();
    for _ in 0..n / BATCH {
        root.mutate(|mc, root| {
            for _ in 0..BATCH {
                let mut way = random.below(1 << TREE_DEPTH);
                let mut at = *root;
                for _ in 3..TREE_DEPTH {
                    at = at.sides[way as usize & 1].get().expect("above the leaves");
                    way >>= 1;
                }
                field!(Gc::write(mc, at), Branch, sides)[way as usize & 1]
                    .unlock()
                    .set(Some(branches(mc, 2)));
            }
        });
        root.collect_debt();
    }
    begin.elapsed()
}

#[derive(Collect)]
#[collect(no_drop)]
struct Entry<'gc> {
    key: u64,
    newer: Edge<'gc, Entry<'gc>>,
    older: Edge<'gc, Entry<'gc>>,
}

impl<'gc> Entry<'gc> {
    fn new(mc: &Mutation<'gc>, key: u64) -> Gc<'gc, Entry<'gc>> {
        let (newer, older) = (Lock::new(None), Lock::new(None));
        Gc::new(mc, Entry { key, newer, older })
    }
}

/// Makes the two neighbours.
fn join<'gc>(mc: &Mutation<'gc>, newer: Gc<'gc, Entry<'gc>>, older: Gc<'gc, Entry<'gc>>) {
    unlock!(Gc::write(mc, newer), Entry, older).set(Some(older));
    unlock!(Gc::write(mc, older), Entry, newer).set(Some(newer));
}

/// Between `newest` and `oldest`, which hold no key, in order of use. The map is an object
/// of its own: the collector walks it again only after an insertion.
#[derive(Collect)]
#[collect(no_drop)]
struct Lru<'gc> {
    entries: Gc<'gc, RefLock<HashMap<u64, Gc<'gc, Entry<'gc>>, RandomState>>>,
    newest: Gc<'gc, Entry<'gc>>,
    oldest: Gc<'gc, Entry<'gc>>,
}

fn empty<'gc>(mc: &Mutation<'gc>) -> Lru<'gc> {
    let (newest, oldest) = (Entry::new(mc, u64::MAX), Entry::new(mc, u64::MAX));
    join(mc, newest, oldest);
    Lru {
        entries: Gc::new(mc, RefLock::new(HashMap::default())),
        newest,
        oldest,
    }
}

impl<'gc> Lru<'gc> {
    fn take_out(mc: &Mutation<'gc>, entry: Gc<'gc, Entry<'gc>>) {
        if let (Some(newer), Some(older)) = (entry.newer.take(), entry.older.take()) {
            join(mc, newer, older);
        }
    }

    fn put_first(&self, mc: &Mutation<'gc>, entry: Gc<'gc, Entry<'gc>>) {
        let second = self.newest.older.get().expect("the oldest at least");
        join(mc, entry, second);
        join(mc, self.newest, entry);
    }

    /// Whether the key was there.
    fn look_up(&self, mc: &Mutation<'gc>, key: u64) -> bool {
        let found = self.entries.borrow().get(&key).copied();
        if let Some(entry) = found {
            Lru::take_out(mc, entry);
            self.put_first(mc, entry);
            return true;
        }
        let mut entries = self.entries.borrow_mut(mc);
        if entries.len() as u64 == LRU {
            let last = self.oldest.newer.get().expect("an entry");
            Lru::take_out(mc, last);
            entries.remove(&last.key);
        }
        let entry = Entry::new(mc, key);
        self.put_first(mc, entry);
        entries.insert(key, entry);
        false
    }
}

fn lru(n: u64) -> Duration {
    let mut cache = Arena::<Rootable![Lru<'_>]>::new(empty);
    let (mut random, mut hits) = (Random(1), 0);
    let begin = Instant::now();
    for _ in 0..n / BATCH {
        hits += cache.mutate(|mc, cache| {
            (0..BATCH)
                .filter(|_| cache.look_up(mc, random.below(LRU_KEYS)))
                .count()
        });
        cache.collect_debt();
    }
    let took = begin.elapsed();
    assert!((hits as u64) < n);
    took
}
