//! Random programs on graphs, each beside a model of its graph in plain maps.
//!
//! A step changes or reads one thing, and compares what it got with what the model has;
//! every so many steps all that can be reached is compared, edge by edge. Each node has a
//! checksum, which what is written over the dead destroys; many have an object with a
//! destructor, a cleanup or a finalizer, which are counted (`Counts`): when all is gone,
//! as many must have run as there were.

use marmota::gc::{self, Gc, GcCell, GcMap, GcMutex, GcVec, Trace, UniqueGc, Weak};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

pub const CELLS: usize = 3;
/// Steps of a program.
const STEPS: usize = 2_000;
/// Steps between two comparisons.
const COMPARE: usize = 250;
/// Nodes that a program may reach before it drops all it has and starts again.
const MOST: usize = 2_000;
const ROOTS: usize = 24;

/// Begun and ended, of one kind of thing that must end once.
pub struct Count {
    pub name: &'static str,
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Count {
    const fn new(name: &'static str) -> Count {
        Count {
            name,
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
        }
    }

    pub fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
    }

    pub fn end(&self) {
        self.ended.fetch_add(1, SeqCst);
    }

    pub fn begun(&self) -> u64 {
        self.begun.load(SeqCst)
    }

    /// How many are on their way, or ended twice.
    pub fn open(&self) -> u64 {
        self.begun().abs_diff(self.ended.load(SeqCst))
    }
}

pub static DESTRUCTORS: Count = Count::new("destructors");
pub static CLEANUPS: Count = Count::new("cleanups");
pub static FINALIZERS: Count = Count::new("finalizers");

/// Its destructor counts.
#[derive(Trace)]
pub struct Token(#[trace(skip)] TokenInner);

struct TokenInner(u64);

impl Token {
    pub fn new(id: u64) -> Token {
        DESTRUCTORS.begin();
        Token(TokenInner(check(id)))
    }

    pub fn must_be_of(&self, id: u64) {
        assert_eq!(self.0.0, check(id), "a token was freed while in use");
    }
}

impl Drop for TokenInner {
    fn drop(&mut self) {
        DESTRUCTORS.end();
    }
}

/// Without destructors; what needs one is an object of its own.
#[derive(Trace)]
pub struct Node {
    pub id: u64,
    check: u64,
    pub fixed: Option<Gc<Node>>,
    pub cells: [GcCell<Option<Gc<Node>>>; CELLS],
    pub more: Option<Gc<More>>,
}

#[derive(Trace)]
pub struct More {
    pub list: GcVec<Gc<Node>>,
    pub map: GcMap<u64, Gc<Node>>,
    pub lock: GcMutex<Vec<Gc<Node>>>,
    pub weak: GcMutex<Weak<Node>>,
    name: String,
    token: Token,
}

pub fn check(id: u64) -> u64 {
    (id ^ 0x5DEE_CE66_D1CE_4E5B).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Node {
    pub fn new(id: u64, fixed: Option<Gc<Node>>, more: bool) -> Node {
        Node {
            id,
            check: check(id),
            fixed,
            cells: [const { None }; CELLS].map(GcCell::new),
            more: more.then(|| {
                Gc::new(More {
                    list: GcVec::new(),
                    map: GcMap::new(),
                    lock: GcMutex::default(),
                    weak: GcMutex::default(),
                    name: id.to_string(),
                    token: Token::new(id),
                })
            }),
        }
    }

    #[track_caller]
    pub fn must_be_whole(&self) {
        assert_eq!(self.check, check(self.id), "freed while in use");
        if let Some(more) = &self.more {
            assert_eq!(more.name, self.id.to_string(), "freed while in use");
            more.token.must_be_of(self.id);
        }
    }
}

/// Reproducible numbers (xorshift).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(check(seed) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A node, said again.
#[derive(Default)]
struct Shape {
    fixed: Option<u64>,
    cells: [Option<u64>; CELLS],
    list: Vec<u64>,
    map: BTreeMap<u64, u64>,
    lock: Vec<u64>,
    weak: Option<u64>,
}

impl Shape {
    fn edges(&self) -> impl Iterator<Item = u64> + '_ {
        let single = self.fixed.iter().chain(self.cells.iter().flatten());
        let more = self.list.iter().chain(self.map.values()).chain(&self.lock);
        single.chain(more).copied()
    }
}

struct Program {
    rng: Rng,
    next: u64,
    model: HashMap<u64, Shape>,
    roots: Vec<Gc<Node>>,
}

/// A whole program; panics where the heap is not as the model says.
pub fn round(k: u64) -> bool {
    let mut program = Program {
        rng: Rng::new(k),
        next: k << 24,
        model: HashMap::new(),
        roots: Vec::new(),
    };
    for i in 1..=STEPS {
        program.step();
        if i % COMPARE == 0 {
            program.compare();
        }
    }
    program.compare();
    true
}

fn id_of(node: &Option<Gc<Node>>) -> Option<u64> {
    node.as_ref().map(|node| node.id)
}

impl Program {
    /// Mostly a root, and sometimes none.
    fn any(&mut self) -> Option<Gc<Node>> {
        let n = self.roots.len();
        (n > 0 && !self.rng.one_in(4)).then(|| self.roots[self.rng.below(n)].clone())
    }

    fn shape(&mut self, id: u64) -> &mut Shape {
        self.model.get_mut(&id).expect("a root is in the model")
    }

    fn add(&mut self) {
        self.next += 1;
        let (id, fixed) = (self.next, self.any());
        let shape = Shape {
            fixed: id_of(&fixed),
            ..Shape::default()
        };
        let node = Node::new(id, fixed, self.rng.one_in(3));
        let node = match self.rng.below(3) {
            0 => UniqueGc::new(node).share(),
            1 => Gc::new_cyclic(|me: &Weak<Node>| {
                assert!(me.upgrade().is_none());
                node
            }),
            _ => Gc::new(node),
        };
        match self.rng.below(16) {
            0 | 1 => {
                CLEANUPS.begin();
                gc::add_cleanup(&node, || CLEANUPS.end());
            }
            2 => assert!(gc::add_cleanup(&node, || unreachable!("taken off")).stop()),
            3 => {
                FINALIZERS.begin();
                gc::set_finalizer(&node, |node| finalize(&node, true));
            }
            _ => {}
        }
        self.model.insert(id, shape);
        self.roots.push(node);
    }

    fn step(&mut self) {
        if self.roots.is_empty() || self.rng.one_in(5) {
            self.add();
        }
        let (i, k) = (self.rng.below(self.roots.len()), self.rng.below(CELLS));
        let node = self.roots[i].clone();
        match self.rng.below(12) {
            0..=3 => self.step_cell(&node, k),
            4..=7 => self.step_more(&node),
            8 => self.walk_pinned(&node),
            9 => {
                assert_eq!(id_of(&node.fixed), self.shape(node.id).fixed);
                self.roots.extend(node.fixed.clone());
            }
            _ => drop(self.roots.swap_remove(i)),
        }
        while self.roots.len() > ROOTS {
            let i = self.rng.below(self.roots.len());
            self.roots.swap_remove(i);
        }
    }

    fn step_cell(&mut self, node: &Node, k: usize) {
        let (cell, there) = (&node.cells[k], self.shape(node.id).cells[k]);
        match self.rng.below(5) {
            0 => {
                let read = cell.get();
                assert_eq!(id_of(&read), there);
                self.roots.extend(read);
            }
            1 => {
                assert_eq!(id_of(&cell.take()), there);
                self.shape(node.id).cells[k] = None;
            }
            2 => {
                let (current, new) = (self.any(), self.any());
                let (id, same) = (id_of(&new), there == id_of(&current));
                let done = cell.compare_exchange(&current, new);
                assert_eq!(done.is_ok(), same);
                if same {
                    self.shape(node.id).cells[k] = id;
                }
            }
            3 => {
                let new = self.any();
                self.shape(node.id).cells[k] = id_of(&new);
                cell.set(new);
            }
            _ => {
                let new = self.any();
                self.shape(node.id).cells[k] = id_of(&new);
                let old = cell.swap(new);
                assert_eq!(id_of(&old), there);
                self.roots.extend(old);
            }
        }
    }

    fn step_more(&mut self, node: &Node) {
        let Some(more) = &node.more else { return };
        let (any, key) = (self.any(), self.rng.below(6) as u64);
        let (op, place) = (self.rng.below(11), self.rng.below(64));
        let shape = self.shape(node.id);
        let len = shape.list.len();
        let at = place % (len + 1);
        let mut got = None;
        match (op, any) {
            (0 | 1, Some(any)) if len < 60 => {
                shape.list.insert(at, any.id);
                more.list.insert(at, any);
            }
            (2, Some(any)) if at < len => {
                let there = std::mem::replace(&mut shape.list[at], any.id);
                let old = more.list.swap(at, any);
                assert_eq!(old.id, there);
                got = Some(old);
            }
            (3, _) if at < len => {
                let removed = more.list.remove(at);
                assert_eq!(removed.id, shape.list.remove(at));
                got = Some(removed);
            }
            (4, _) if at < len => {
                let removed = more.list.swap_remove(at);
                assert_eq!(removed.id, shape.list.swap_remove(at));
            }
            (5, _) if len > 40 => {
                more.list.truncate(at);
                shape.list.truncate(at);
            }
            (6, Some(any)) => {
                let there = shape.map.insert(key, any.id);
                assert_eq!(id_of(&more.map.insert(key, any)), there);
            }
            (7, _) => {
                let removed = more.map.remove(&key);
                assert_eq!(id_of(&removed), shape.map.remove(&key));
                got = removed;
            }
            (8, Some(any)) => {
                let mut lock = more.lock.lock();
                if lock.len() >= 8 {
                    lock.remove(0);
                    shape.lock.remove(0);
                }
                shape.lock.push(any.id);
                lock.push(any);
            }
            (9, Some(any)) => {
                shape.weak = Some(any.id);
                *more.weak.lock() = Gc::downgrade(&any);
            }
            (10, _) => {
                let weak = more.weak.lock().clone();
                if let Some(found) = weak.upgrade() {
                    found.must_be_whole();
                    assert_eq!(Some(found.id), shape.weak);
                }
            }
            _ => {}
        }
        self.roots.extend(got);
    }

    /// Reads a way through the graph under a pin, as the model has it.
    fn walk_pinned(&mut self, from: &Node) {
        let pinned = gc::pin();
        let mut at = from;
        for i in 0..32 {
            at.must_be_whole();
            let k = self.rng.below(CELLS);
            let shape = &self.model[&at.id];
            let next = match (&at.more, shape.list.len()) {
                (Some(more), 1..) if k == 0 => {
                    let i = self.rng.below(shape.list.len());
                    let next = more.list.load(i, &pinned);
                    assert_eq!(next.map(|n| n.id), Some(shape.list[i]));
                    next
                }
                _ => {
                    let next = at.cells[k].load(&pinned);
                    assert_eq!(next.map(|n| n.id), shape.cells[k]);
                    next
                }
            };
            let Some(next) = next else { break };
            at = next;
            if i % 8 == 7 {
                marmota::runtime::gosched();
            }
        }
    }

    /// Compares all that can be reached, and forgets the rest.
    fn compare(&mut self) {
        let mut seen = HashSet::new();
        let mut weak = Vec::new();
        let mut todo = self.roots.clone();
        while let Some(node) = todo.pop() {
            node.must_be_whole();
            if !seen.insert(node.id) {
                continue;
            }
            let shape = &self.model[&node.id];
            let cells: Vec<_> = node.cells.iter().map(GcCell::get).collect();
            assert!(cells.iter().map(id_of).eq(shape.cells));
            assert_eq!(id_of(&node.fixed), shape.fixed);
            todo.extend(cells.into_iter().flatten());
            todo.extend(node.fixed.clone());
            let Some(more) = &node.more else { continue };
            let list: Vec<_> = more.list.iter().collect();
            assert!(list.iter().map(|n| n.id).eq(shape.list.iter().copied()));
            let map: BTreeMap<_, _> = more.map.entries().into_iter().collect();
            let ids = map.iter().map(|(key, node)| (key, &node.id));
            assert!(ids.eq(shape.map.iter()));
            let lock = more.lock.lock().clone();
            assert!(lock.iter().map(|n| n.id).eq(shape.lock.iter().copied()));
            todo.extend(list);
            todo.extend(map.into_values());
            todo.extend(lock);
            weak.extend(shape.weak.map(|id| (id, more.weak.lock().clone())));
        }
        for (id, weak) in weak {
            // What can be reached strongly can be reached weakly.
            if seen.contains(&id) {
                assert_eq!(id_of(&weak.upgrade()), Some(id));
            }
        }
        let mut reachable = HashSet::new();
        let mut ids: Vec<u64> = self.roots.iter().map(|node| node.id).collect();
        while let Some(id) = ids.pop() {
            if reachable.insert(id) {
                ids.extend(self.model[&id].edges());
            }
        }
        assert!(seen == reachable, "the graph and its model reach others");
        self.model.retain(|id, _| seen.contains(id));
        if seen.len() > MOST {
            self.roots.clear();
            self.model.clear();
        }
    }
}

/// What a finalizer does: reads what its object leads to, which is alive again, and the
/// first time sets another.
fn finalize(node: &Gc<Node>, again: bool) {
    node.must_be_whole();
    if let Some(fixed) = &node.fixed {
        fixed.must_be_whole();
    }
    for cell in &node.cells {
        if let Some(next) = cell.get() {
            next.must_be_whole();
        }
    }
    if again {
        FINALIZERS.begin();
        gc::set_finalizer(node, |node| finalize(&node, false));
    }
    FINALIZERS.end();
}
