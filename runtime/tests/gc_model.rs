//! The collected heap against a model of it.
//!
//! Each goroutine runs a random program on a graph of its own (new objects, edges set,
//! read, swapped and taken, handles cloned and dropped), keeps the same graph in plain
//! maps, and compares. Beside it all of them work on one shared graph, of which they
//! check that what they read is whole. What dies is overwritten, so an object that was
//! freed too early is seen; and each object has a token whose destructor counts, so that
//! one that is never freed is seen too.

use marmota::Chan;
use marmota::gc::{self, Gc, GcCell, GcMap, GcMutex, GcVec, Trace, UniqueGc, Weak};
use marmota::sync::WaitGroup;
use std::collections::{HashMap, HashSet, VecDeque};
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
    extras: Option<Gc<Extras<T>>>,
    token: T,
}

/// Edges of other kinds: an object of its own, because a channel needs a destructor, and
/// nodes are to be without.
#[derive(Trace)]
struct Extras<T> {
    list: GcVec<Gc<Node<T>>>,
    map: GcMap<u64, Gc<Node<T>>>,
    queue: Chan<Gc<Node<T>>>,
    lock: GcMutex<Option<Gc<Node<T>>>>,
    weak: GcMutex<Weak<Node<T>>>,
}

const QUEUE: usize = 3;

impl<T: Trace> Extras<T> {
    fn new() -> Extras<T> {
        Extras {
            list: GcVec::new(),
            map: GcMap::new(),
            queue: Chan::new(QUEUE),
            lock: GcMutex::new(None),
            weak: GcMutex::new(Weak::new()),
        }
    }

    /// All that they lead to, but weakly; leaves the queue as it was.
    fn edges(&self) -> Vec<Gc<Node<T>>> {
        let mut edges: Vec<_> = self.list.iter().collect();
        for _ in 0..self.queue.len() {
            let Ok(node) = self.queue.try_recv() else {
                break;
            };
            edges.push(node.clone());
            let _ = self.queue.try_send(node);
        }
        edges.extend(self.lock.lock().clone());
        edges.extend(self.map.entries().into_iter().map(|(_, node)| node));
        edges
    }
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
    extras: HashMap<u64, ModelExtras>,
}

#[derive(Default)]
struct ModelExtras {
    list: Vec<u64>,
    map: HashMap<u64, u64>,
    queue: VecDeque<u64>,
    lock: Option<u64>,
    weak: Option<u64>,
}

impl Model {
    fn reachable(&self, roots: impl Iterator<Item = u64>) -> HashSet<u64> {
        let mut seen = HashSet::new();
        let mut todo: Vec<u64> = roots.collect();
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                todo.extend(self.fixed[&id]);
                todo.extend(self.edges[&id].iter().flatten());
                if let Some(extras) = self.extras.get(&id) {
                    todo.extend(&extras.list);
                    todo.extend(extras.map.values());
                    todo.extend(&extras.queue);
                    todo.extend(extras.lock);
                }
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
    /// Nodes whose cleanups have run.
    cleaned: Arc<Mutex<HashSet<u64>>>,
    with_cleanup: HashSet<u64>,
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
            cleaned: Arc::default(),
            with_cleanup: HashSet::new(),
        }
    }

    fn any(&mut self) -> Option<Gc<Node<T>>> {
        let n = self.roots.len();
        (n > 0 && self.rng.below(4) > 0).then(|| self.roots[self.rng.below(n)].clone())
    }

    fn new_node(&mut self, fixed: Option<Gc<Node<T>>>, edge: Option<Gc<Node<T>>>) -> Gc<Node<T>> {
        self.next += 1;
        let id = self.next;
        let extras = (self.rng.below(3) == 0).then(|| Gc::new(Extras::new()));
        let node = Node {
            id,
            check: check(id),
            fixed,
            edges: [GcCell::new(edge), GcCell::new(None), GcCell::new(None)],
            extras,
            token: self.token.clone(),
        };
        match self.rng.below(3) {
            0 => UniqueGc::new(node).share(),
            _ => Gc::new(node),
        }
    }

    fn add_cleanup(&mut self, node: &Gc<Node<T>>) {
        let (id, cleaned) = (node.id, self.cleaned.clone());
        self.with_cleanup.insert(id);
        gc::add_cleanup(node, move || {
            let first = cleaned.lock().unwrap().insert(id);
            assert!(first, "a cleanup ran twice");
        });
    }

    /// One step on the extras of a node, if it has any.
    fn step_extras(&mut self, node: &Node<T>) {
        let Some(extras) = &node.extras else { return };
        let any = self.any();
        let id = any.as_ref().map(|n| n.id);
        let key = self.rng.below(4) as u64;
        let model = self.model.extras.entry(node.id).or_default();
        let len = model.list.len();
        let i = self.rng.below(len + 1);
        match (self.rng.below(12), any) {
            (0 | 1, Some(any)) if len < 40 => {
                model.list.insert(i, any.id);
                extras.list.insert(i, any);
            }
            (2, Some(any)) if i < len => {
                let old = extras.list.swap(i, any);
                assert_eq!(Some(old.id), model.list.get(i).copied());
                model.list[i] = id.unwrap_or_default();
                self.roots.push(old);
            }
            (3, _) if i < len => {
                let removed = extras.list.remove(i);
                assert_eq!(removed.id, model.list.remove(i));
                self.roots.push(removed);
            }
            (4, _) => {
                let popped = extras.list.pop();
                assert_eq!(popped.as_ref().map(|n| n.id), model.list.pop());
                self.roots.extend(popped);
            }
            (5, Some(any)) => {
                let (there, sent) = (any.id, extras.queue.try_send(any).is_ok());
                assert_eq!(sent, model.queue.len() < QUEUE);
                if sent {
                    model.queue.push_back(there);
                }
            }
            (6, _) => {
                let received = extras.queue.try_recv().ok();
                let there = model.queue.pop_front();
                assert_eq!(received.as_ref().map(|n| n.id), there);
                self.roots.extend(received);
            }
            (7, any) => {
                let old = std::mem::replace(&mut *extras.lock.lock(), any);
                let there = std::mem::replace(&mut model.lock, id);
                assert_eq!(old.map(|n| n.id), there);
            }
            (8, Some(any)) => {
                let weak = Gc::downgrade(&any);
                assert!(weak.ptr_eq(&Gc::downgrade(&any)));
                *extras.weak.lock() = weak;
                model.weak = id;
            }
            (9, _) => {
                let weak = extras.weak.lock().clone();
                if let Some(found) = weak.upgrade() {
                    assert!(found.is_whole(), "a weak pointer to what was freed");
                    assert_eq!(Some(found.id), model.weak);
                    // Not kept: the model does not know whether it is alive.
                }
            }
            (10, Some(any)) => {
                let old = extras.map.insert(key, any);
                let there = model.map.insert(key, id.unwrap_or_default());
                assert_eq!(old.map(|n| n.id), there);
            }
            (11, _) => {
                let removed = extras.map.remove(&key);
                assert_eq!(removed.as_ref().map(|n| n.id), model.map.remove(&key));
                self.roots.extend(removed);
            }
            _ => {}
        }
    }

    /// Reads a way through the graph under a pin, as the model has it.
    fn walk_pinned(&mut self, from: &Node<T>) {
        let pinned = gc::pin();
        let (mut at, mut id) = (from, from.id);
        for _ in 0..8 {
            assert!(at.is_whole(), "an object was freed under a pin");
            let k = self.rng.below(EDGES);
            let there = self.model.edges[&id][k];
            let next = at.edges[k].load(&pinned);
            assert_eq!(next.map(|n| n.id), there);
            let Some(next) = next else { break };
            (at, id) = (next, next.id);
        }
    }

    fn step(&mut self) {
        let Some(at) = self.roots.len().checked_sub(1) else {
            return self.allocate();
        };
        let (i, k) = (self.rng.below(at + 1), self.rng.below(EDGES));
        let node = self.roots[i].clone();
        match self.rng.below(14) {
            10 => self.walk_pinned(&node),
            11..=13 => self.step_extras(&node),
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
        if self.rng.below(4) == 0 {
            self.add_cleanup(&node);
        }
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
        match self.rng.below(6) {
            4 => {
                // Others move what is in there at the same time.
                let (node, other) = (shared[i].get(), shared[j].get());
                if let Some(extras) = node.as_ref().and_then(|n| n.extras.as_ref()) {
                    match (self.rng.below(6), other) {
                        (0, Some(other)) => extras.list.insert(0, other),
                        (1, Some(other)) => drop(extras.queue.try_send(other)),
                        (2, other) => *extras.lock.lock() = other,
                        (3, Some(other)) => *extras.weak.lock() = Gc::downgrade(&other),
                        (4, Some(other)) => drop(extras.map.insert(k as u64, other)),
                        _ => extras.list.truncate(2),
                    }
                }
            }
            5 => {
                let pinned = gc::pin();
                let mut at = shared[i].load(&pinned);
                for _ in 0..20 {
                    let Some(node) = at else { break };
                    assert!(node.is_whole(), "a shared object was freed under a pin");
                    let extras = node.extras.as_deref();
                    at = extras
                        .and_then(|e| e.list.load(0, &pinned))
                        .or_else(|| node.edges[self.rng.below(EDGES)].load(&pinned));
                }
            }
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
                    let extra = node.extras.as_ref().and_then(|e| {
                        let weak = e.weak.lock().upgrade();
                        weak.or_else(|| e.queue.try_recv().ok())
                            .or_else(|| e.lock.lock().clone())
                    });
                    at = extra.or(next).or_else(|| node.fixed.clone());
                }
            }
        }
    }

    /// The extras of the nodes that can be reached.
    fn extras_of(&self, seen: &HashSet<u64>) -> Vec<(u64, Gc<Extras<T>>)> {
        let mut found = HashMap::new();
        let mut todo = self.roots.clone();
        let mut left = seen.clone();
        while let Some(node) = todo.pop() {
            if left.remove(&node.id) {
                todo.extend(node.edges.iter().filter_map(GcCell::get));
                todo.extend(node.fixed.clone());
                if let Some(extras) = &node.extras {
                    todo.extend(extras.edges());
                    found.insert(node.id, extras.clone());
                }
            }
        }
        found.into_iter().collect()
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
            if let Some(extras) = &node.extras {
                todo.extend(extras.edges());
            }
        }
        let expected = self.model.reachable(self.roots.iter().map(|n| n.id));
        assert_eq!(seen, expected);
        // What can be reached strongly can be reached weakly, and is not cleaned up.
        for (id, extras) in self.extras_of(&seen) {
            let weak = self.model.extras.get(&id).and_then(|model| model.weak);
            if let Some(weak) = weak.filter(|weak| seen.contains(weak)) {
                let found = extras.weak.lock().upgrade();
                assert_eq!(found.map(|n| n.id), Some(weak));
            }
        }
        let cleaned = self.cleaned.lock().unwrap();
        assert!(
            seen.is_disjoint(&cleaned),
            "cleaned up while it can be reached"
        );
        assert!(cleaned.is_subset(&self.with_cleanup));
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
    program.ends();
}

impl<T: Trace> Program<T> {
    /// All that it has goes, and so all its cleanups run.
    fn ends(self) {
        drop(self.roots);
        let left = |what: &Mutex<HashSet<u64>>| what.lock().unwrap().len();
        for _ in 0..10_000 {
            if left(&self.cleaned) == self.with_cleanup.len() {
                return;
            }
            gc::gc();
            marmota::runtime::gosched();
        }
        panic!(
            "{} of {} cleanups ran",
            left(&self.cleaned),
            self.with_cleanup.len()
        );
    }
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
