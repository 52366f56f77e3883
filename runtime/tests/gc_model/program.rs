//! A random program on a graph of its own, beside the model of that.

use crate::graph::{EDGES, Extras, Node, Shared, check, shared_graph};
use crate::model::{Model, Rng};
use marmota::gc::{self, Gc, GcCell, Trace, UniqueGc, testing};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

pub struct Program<T> {
    pub rng: Rng,
    pub next: u64,
    pub model: Model,
    pub roots: Vec<Gc<Node<T>>>,
    pub token: T,
    /// Nodes whose cleanups have run.
    pub cleaned: Arc<Mutex<HashSet<u64>>>,
    pub with_cleanup: HashSet<u64>,
    /// Pins that it holds.
    pub pins: usize,
    /// Whether it is alone on a thread, and collects in stages of its own.
    pub in_stages: bool,
}

pub fn run<T: Trace + Clone>(seed: u64, steps: usize, shared: &Shared<T>, token: T) {
    Program::new(seed, token).run(steps, shared);
}

/// The same by a program that is alone on a thread, and collects in stages of its own.
pub fn run_in_stages<T: Trace + Clone>(seed: u64, steps: usize, token: T) {
    let mut program = Program::new(seed, token);
    program.in_stages = true;
    program.run(steps, &shared_graph());
}

impl<T: Trace + Clone> Program<T> {
    pub fn new(seed: u64, token: T) -> Program<T> {
        Program {
            rng: Rng(check(seed) | 1),
            next: seed << 32,
            model: Model::default(),
            roots: Vec::new(),
            token,
            cleaned: Arc::default(),
            with_cleanup: HashSet::new(),
            pins: 0,
            in_stages: false,
        }
    }

    fn run(mut self, steps: usize, shared: &Shared<T>) {
        for i in 0..steps {
            self.step();
            self.share(shared);
            if i % 64 == 0 {
                self.compare();
            }
        }
        self.compare();
        self.ends();
    }

    /// Collects, or takes a collection one stage on: between any two stages the program does
    /// whatever comes up.
    pub fn collect(&mut self) {
        if !self.in_stages {
            return gc::gc();
        }
        match self.rng.below(3) {
            0 if !testing::is_marking() => testing::begin_cycle(),
            0 | 1 => testing::mark_all(),
            _ => testing::end_cycle(),
        }
    }

    pub fn any(&mut self) -> Option<Gc<Node<T>>> {
        let n = self.roots.len();
        (n > 0 && self.rng.below(4) > 0).then(|| self.roots[self.rng.below(n)].clone())
    }

    pub fn new_node(
        &mut self,
        fixed: Option<Gc<Node<T>>>,
        edge: Option<Gc<Node<T>>>,
    ) -> Gc<Node<T>> {
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

    pub fn add_cleanup(&mut self, node: &Gc<Node<T>>) {
        let (id, cleaned) = (node.id, self.cleaned.clone());
        self.with_cleanup.insert(id);
        gc::add_cleanup(node, move || {
            let first = cleaned.lock().unwrap().insert(id);
            assert!(first, "a cleanup ran twice");
        });
    }

    pub fn step(&mut self) {
        if self.in_stages && self.rng.below(4) == 0 {
            self.collect();
        }
        let Some(at) = self.roots.len().checked_sub(1) else {
            return self.allocate();
        };
        let (i, k) = (self.rng.below(at + 1), self.rng.below(EDGES));
        let node = self.roots[i].clone();
        match self.rng.below(15) {
            14 if self.rng.below(4) == 0 => self.hold_pinned(node),
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

    pub fn allocate(&mut self) {
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

    pub fn edges_of(&mut self, node: &Node<T>) -> &mut [Option<u64>; EDGES] {
        self.model
            .edges
            .get_mut(&node.id)
            .expect("every node is in the model")
    }

    /// The extras of the nodes that can be reached.
    pub fn extras_of(&self, seen: &HashSet<u64>) -> Vec<(u64, Gc<Extras<T>>)> {
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
    pub fn compare(&self) -> usize {
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

impl<T: Trace> Program<T> {
    /// All that it has goes, and so all its cleanups run.
    pub fn ends(self) {
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
