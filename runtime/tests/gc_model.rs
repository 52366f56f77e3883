//! The collected heap against a model of it.
//!
//! Each goroutine runs a random program on a graph of its own (new objects, edges set,
//! read, swapped and taken, handles cloned and dropped), keeps the same graph in plain
//! maps, and compares. Beside it all of them work on one shared graph, of which they
//! check that what they read is whole. What dies is overwritten, so an object that was
//! freed too early is seen; and each object has a token whose destructor counts, so that
//! one that is never freed is seen too.

use marmota::gc::{self, Gc, GcCell, Trace};
use marmota::sync::WaitGroup;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// The heap is one, and so are its settings: one test at a time.
static ONE: Mutex<()> = Mutex::new(());

const EDGES: usize = 3;

/// `T` is an Arc, which must be dropped, or nothing.
#[derive(Trace)]
struct Node<T> {
    id: u64,
    check: u64,
    fixed: Option<Gc<Node<T>>>,
    edges: [GcCell<Option<Gc<Node<T>>>>; EDGES],
    token: T,
}

impl<T: Trace> Node<T> {
    fn is_whole(&self) -> bool {
        self.check == check(self.id)
    }
}

fn check(id: u64) -> u64 {
    (id ^ 0x5DEE_CE66_D1CE_4E5B).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

struct Rng(u64);

impl Rng {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// What the objects of one goroutine are, said again.
#[derive(Default)]
struct Model {
    fixed: HashMap<u64, Option<u64>>,
    edges: HashMap<u64, [Option<u64>; EDGES]>,
}

impl Model {
    fn reachable(&self, roots: impl Iterator<Item = u64>) -> HashSet<u64> {
        let mut seen = HashSet::new();
        let mut todo: Vec<u64> = roots.collect();
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                todo.extend(self.fixed[&id]);
                todo.extend(self.edges[&id].iter().flatten());
            }
        }
        seen
    }
}

struct Program<T> {
    rng: Rng,
    next: u64,
    model: Model,
    roots: Vec<Gc<Node<T>>>,
    token: T,
}

type Shared<T> = Arc<Vec<GcCell<Option<Gc<Node<T>>>>>>;

impl<T: Trace + Clone> Program<T> {
    fn new(seed: u64, token: T) -> Program<T> {
        Program {
            rng: Rng(check(seed) | 1),
            next: seed << 32,
            model: Model::default(),
            roots: Vec::new(),
            token,
        }
    }

    fn any(&mut self) -> Option<Gc<Node<T>>> {
        let n = self.roots.len();
        (n > 0 && self.rng.below(4) > 0).then(|| self.roots[self.rng.below(n)].clone())
    }

    fn new_node(&mut self, fixed: Option<Gc<Node<T>>>, edge: Option<Gc<Node<T>>>) -> Gc<Node<T>> {
        self.next += 1;
        let id = self.next;
        Gc::new(Node {
            id,
            check: check(id),
            fixed,
            edges: [GcCell::new(edge), GcCell::new(None), GcCell::new(None)],
            token: self.token.clone(),
        })
    }

    fn step(&mut self) {
        let Some(at) = self.roots.len().checked_sub(1) else {
            return self.allocate();
        };
        let (i, k) = (self.rng.below(at + 1), self.rng.below(EDGES));
        let node = self.roots[i].clone();
        match self.rng.below(10) {
            0..=2 => self.allocate(),
            3 => {
                let new = self.any();
                self.edges_of(&node)[k] = new.as_ref().map(|n| n.id);
                node.edges[k].set(new);
            }
            4 => {
                let new = self.any();
                let there =
                    std::mem::replace(&mut self.edges_of(&node)[k], new.as_ref().map(|n| n.id));
                let old = node.edges[k].swap(new);
                assert_eq!(old.as_ref().map(|n| n.id), there);
                self.roots.extend(old);
            }
            5 => {
                let there = self.edges_of(&node)[k];
                let read = node.edges[k].get();
                assert_eq!(read.as_ref().map(|n| n.id), there);
                self.roots.extend(read);
            }
            6 => {
                let (current, new) = (self.any(), self.any());
                let there = self.edges_of(&node)[k];
                let done = node.edges[k].compare_exchange(&current, new.clone());
                let expected = there == current.as_ref().map(|n| n.id);
                assert_eq!(done.is_ok(), expected);
                if expected {
                    self.edges_of(&node)[k] = new.as_ref().map(|n| n.id);
                }
                drop(done);
            }
            7 => {
                assert_eq!(
                    node.fixed.as_ref().map(|n| n.id),
                    self.model.fixed[&node.id]
                );
                self.roots.extend(node.fixed.clone());
            }
            8 => {
                let there = self.edges_of(&node)[k].take();
                assert_eq!(node.edges[k].take().map(|n| n.id), there);
            }
            _ => drop(self.roots.swap_remove(i)),
        }
        // The graph stays small, so that much of it dies.
        while self.roots.len() > 12 {
            let i = self.rng.below(self.roots.len());
            self.roots.swap_remove(i);
        }
    }

    fn allocate(&mut self) {
        let (fixed, edge) = (self.any(), self.any());
        let ids = (fixed.as_ref().map(|n| n.id), edge.as_ref().map(|n| n.id));
        let node = self.new_node(fixed, edge);
        self.model.fixed.insert(node.id, ids.0);
        self.model.edges.insert(node.id, [ids.1, None, None]);
        self.roots.push(node);
    }

    fn edges_of(&mut self, node: &Node<T>) -> &mut [Option<u64>; EDGES] {
        self.model
            .edges
            .get_mut(&node.id)
            .expect("every node is in the model")
    }

    /// One step on the graph that all share.
    fn share(&mut self, shared: &Shared<T>) {
        let (i, j, k) = (
            self.rng.below(shared.len()),
            self.rng.below(shared.len()),
            self.rng.below(EDGES),
        );
        match self.rng.below(4) {
            0 => {
                let (fixed, edge) = (shared[i].get(), shared[j].get());
                let node = self.new_node(fixed, edge);
                shared[i].set(Some(node));
            }
            1 => {
                if let Some(node) = shared[i].get() {
                    node.edges[k].set(shared[j].get());
                }
            }
            2 => {
                if let Some(node) = shared[i].get() {
                    shared[j].set(node.edges[k].take());
                }
            }
            _ => {
                // A walk through whatever there is.
                let mut at = shared[i].get();
                for _ in 0..20 {
                    let Some(node) = at else { break };
                    assert!(node.is_whole(), "a shared object was freed while in use");
                    let next = node.edges[self.rng.below(EDGES)].get();
                    at = next.or_else(|| node.fixed.clone());
                }
            }
        }
    }

    /// Compares all that is reachable; returns how many objects are.
    fn compare(&self) -> usize {
        let mut seen = HashSet::new();
        let mut todo: Vec<Gc<Node<T>>> = self.roots.clone();
        while let Some(node) = todo.pop() {
            assert!(node.is_whole(), "an object was freed while in use");
            if !seen.insert(node.id) {
                continue;
            }
            let edges: Vec<_> = node.edges.iter().map(GcCell::get).collect();
            let ids: Vec<_> = edges.iter().map(|e| e.as_ref().map(|n| n.id)).collect();
            assert_eq!(ids, self.model.edges[&node.id]);
            assert_eq!(
                node.fixed.as_ref().map(|n| n.id),
                self.model.fixed[&node.id]
            );
            todo.extend(edges.into_iter().flatten());
            todo.extend(node.fixed.clone());
        }
        let expected = self.model.reachable(self.roots.iter().map(|n| n.id));
        assert_eq!(seen, expected);
        seen.len()
    }
}

fn shared_graph<T: Trace>() -> Shared<T> {
    Arc::new((0..6).map(|_| GcCell::new(None)).collect())
}

fn run<T: Trace + Clone>(seed: u64, steps: usize, shared: &Shared<T>, token: T) {
    let mut program = Program::new(seed, token);
    for i in 0..steps {
        program.step();
        program.share(shared);
        if i % 64 == 0 {
            program.compare();
        }
    }
    program.compare();
}

fn in_runtime(procs: usize, f: impl FnOnce() + Send) {
    let rt = marmota::Runtime::builder()
        .procs(procs)
        .panic_in_caller()
        .build();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.unwrap().run(f) };
}

/// Goroutines that all do `f`, to their end.
fn together(n: u64, f: impl Fn(u64) + Send + Sync + 'static) {
    let (group, f) = (WaitGroup::new(), Arc::new(f));
    for seed in 1..=n {
        let f = f.clone();
        group.go(move || f(seed));
    }
    group.wait();
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(|broken| broken.into_inner())
}

struct Stress;

impl Stress {
    fn on() -> Stress {
        gc::testing::set_stress(true);
        Stress
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        gc::testing::set_stress(false);
    }
}

#[test]
fn graphs_are_as_the_model_says_with_a_collection_at_every_allocation() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let _stress = Stress::on();
            let shared = shared_graph();
            together(4, move |seed| run(seed, 600, &shared, ()));
        });
    }
}

#[test]
fn graphs_with_destructors_are_as_the_model_says() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let _stress = Stress::on();
            let shared = shared_graph();
            together(4, move |seed| run(seed, 300, &shared, Arc::new(seed)));
        });
    }
}

#[test]
fn graphs_on_plain_threads_are_as_the_model_says() {
    let _alone = alone();
    let _stress = Stress::on();
    let shared = shared_graph();
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            let shared = shared.clone();
            scope.spawn(move || run(seed, 400, &shared, ()));
        }
    });
}

#[test]
fn graphs_in_deterministic_runs_are_as_the_model_says() {
    let _alone = alone();
    let report = marmota::sim::Explorer::new().schedules(20).run(|| {
        let _stress = Stress::on();
        let shared = shared_graph();
        together(3, move |seed| run(seed, 60, &shared, ()));
    });
    assert_eq!(report.verdict, marmota::sim::Verdict::Passed, "{report}");
}

#[test]
fn large_graphs_survive_cycles_that_growth_starts() {
    let _alone = alone();
    gc::testing::set_poison(true);
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let old = marmota::debug::set_gc_percent(20);
            let shared = shared_graph();
            together(4, move |seed| {
                let mut program = Program::new(seed, ());
                for round in 0..30 {
                    // A long list, so that marking takes a while, and churn beside it.
                    let mut list = None;
                    for _ in 0..5_000 {
                        list = Some(program.new_node(list, None));
                    }
                    for _ in 0..200 {
                        program.step();
                        program.share(&shared);
                    }
                    if round % 10 == 0 {
                        program.compare();
                    }
                    let mut length = 0;
                    let mut at = list.as_ref();
                    while let Some(node) = at {
                        assert!(node.is_whole(), "an object of a list was freed");
                        length += 1;
                        at = node.fixed.as_ref();
                    }
                    assert_eq!(length, 5_000);
                }
            });
            marmota::debug::set_gc_percent(old);
        });
    }
    gc::testing::set_poison(false);
}

struct Token(Arc<AtomicUsize>);

impl Token {
    fn new(alive: &Arc<AtomicUsize>) -> Arc<Token> {
        alive.fetch_add(1, SeqCst);
        Arc::new(Token(alive.clone()))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Trace)]
struct Counted {
    next: GcCell<Option<Gc<Counted>>>,
    token: Arc<Token>,
}

fn wait_for_destructors() {
    while gc::testing::waiting_for_drop() > 0 {
        marmota::runtime::gosched();
    }
}

/// Until the destructors that a reaper has taken are over, too.
fn settles_at(alive: &AtomicUsize, expected: usize) {
    wait_for_destructors();
    while alive.load(SeqCst) > expected {
        marmota::runtime::gosched();
    }
    assert_eq!(alive.load(SeqCst), expected);
}

#[test]
fn what_nothing_leads_to_is_dropped_cycles_too_and_nothing_else() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let alive = Arc::new(AtomicUsize::new(0));
            let new = |next| {
                Gc::new(Counted {
                    next: GcCell::new(next),
                    token: Token::new(&alive),
                })
            };
            let kept = new(Some(new(None)));
            for _ in 0..100 {
                let last = new(None);
                let first = new(Some(new(Some(last.clone()))));
                last.next.set(Some(first));
            }
            assert_eq!(alive.load(SeqCst), 302);
            gc::gc();
            settles_at(&alive, 2);
            assert_eq!(
                kept.next.get().map(|n| Arc::strong_count(&n.token)),
                Some(1)
            );
            drop(kept);
            gc::gc();
            settles_at(&alive, 0);
        });
    }
}

#[test]
fn a_handle_keeps_its_object_wherever_it_is() {
    let _alone = alone();
    in_runtime(2, || {
        let alive = Arc::new(AtomicUsize::new(0));
        let new = || {
            Gc::new(Counted {
                next: GcCell::new(None),
                token: Token::new(&alive),
            })
        };
        let (tx, rx) = marmota::chan(1);
        let boxed = Box::new(new());
        tx.send(new());
        let locked = Arc::new(marmota::sync::Mutex::new(Some(new())));
        let outside = GcCell::new(Some(new()));
        gc::gc();
        gc::gc();
        wait_for_destructors();
        assert_eq!(alive.load(SeqCst), 4);
        drop((boxed, rx.recv(), locked.lock().take(), outside.take()));
        gc::gc();
        settles_at(&alive, 0);
    });
}

#[test]
fn figures_agree_with_each_other() {
    let _alone = alone();
    in_runtime(2, || {
        gc::gc();
        wait_for_destructors();
        let before = gc::read_mem_stats();
        let kept: Vec<Gc<[u64; 4]>> = (0..1000).map(|i| Gc::new([i; 4])).collect();
        let large = Gc::new([0u64; 10_000]);
        let during = gc::read_mem_stats();
        assert_eq!(during.mallocs - before.mallocs, 1001);
        // 40 bytes with the header, in slots of 48; pages of 8192.
        assert_eq!(during.total_alloc - before.total_alloc, 48_000 + 10 * 8192);
        assert_eq!(during.alloc, during.heap_alloc);
        assert_eq!(during.heap_objects, during.mallocs - during.frees);
        assert_eq!(during.heap_sys, during.heap_inuse + during.heap_idle);
        assert_eq!(
            during.sys,
            during.heap_sys + during.gc_sys + during.stack_sys
        );
        assert!(during.heap_inuse >= during.alloc);
        drop((kept, large));
        gc::gc();
        let after = gc::read_mem_stats();
        assert_eq!(after.frees - before.frees, 1001);
        assert_eq!(after.alloc, before.alloc);
        assert_eq!(after.num_forced_gc, before.num_forced_gc + 1);
        let classes: u64 = after.by_size.iter().map(|c| c.mallocs).sum();
        assert_eq!(classes, after.mallocs - large_objects(&after));
    });
}

fn large_objects(stats: &gc::MemStats) -> u64 {
    let small: u64 = stats.by_size.iter().map(|c| c.mallocs).sum();
    stats.mallocs - small
}

#[test]
fn with_collection_off_the_heap_only_grows() {
    let _alone = alone();
    in_runtime(1, || {
        let old = marmota::debug::set_gc_percent(-1);
        // A cycle that growth began before is over then.
        gc::gc();
        let before = gc::read_mem_stats();
        for i in 0..200_000u64 {
            Gc::new([i; 7]);
        }
        let after = gc::read_mem_stats();
        assert_eq!(after.num_gc, before.num_gc);
        assert_eq!(after.next_gc, u64::MAX);
        assert!(after.alloc - before.alloc >= 200_000 * 64);
        assert_eq!(marmota::debug::set_gc_percent(old), -1);
        gc::gc();
    });
}
