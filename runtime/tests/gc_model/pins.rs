//! A program's steps with references instead of handles, under pins.
//!
//! A pin is held while the program goes on: what was loaded under it is cut off from the
//! graph, collections are begun, which the pin keeps from their end, and only then are
//! handles and edges made of what was loaded, and read from it. After the pin all that is
//! compared: what had been found dead but for the pin must have come back with all that it
//! leads to.

use crate::graph::{EDGES, Extras, Node, Shared};
use crate::program::Program;
use marmota::gc::{self, Gc, GcCell, Object, Pinned, Trace};

/// What a pin is held for, at most: things done with references.
const USES: usize = 12;
/// Pins that a program holds at once, at most.
const PINS: usize = 2;

type Ref<'a, T> = &'a Object<Node<T>>;

impl<T: Trace + Clone> Program<T> {
    /// Reads a way through the graph under a pin, as the model has it.
    pub fn walk_pinned(&mut self, from: &Node<T>) {
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

    /// Goes on with the program under a pin, with what was loaded from `from` on.
    pub fn hold_pinned(&mut self, from: Gc<Node<T>>) {
        if self.pins == PINS {
            return;
        }
        self.pins += 1;
        // The way to `from` that the program has no handle for.
        let anchor = Gc::new(GcCell::new(Some(from)));
        let pinned = gc::pin();
        let mut held: Vec<Ref<'_, T>> = anchor.load(&pinned).into_iter().collect();
        for _ in 0..4 {
            self.load(&mut held, &pinned);
        }
        anchor.set(None);
        // Whatever else leads there goes: what is held, and perhaps everything.
        self.roots
            .retain(|root| held.iter().all(|at| at.id != root.id));
        if self.rng.below(2) == 0 {
            self.roots.clear();
            self.allocate();
        }
        for _ in 0..self.rng.below(4) {
            // The pin keeps it from its end.
            self.collect();
        }
        for _ in 0..self.rng.below(USES) {
            if self.rng.below(3) == 0 {
                self.step();
            }
            if self.in_stages && self.rng.below(2) == 0 {
                self.collect();
            }
            match self.rng.below(4) {
                0 => self.load(&mut held, &pinned),
                1 => self.root(&held),
                2 => self.store(&mut held, &pinned),
                _ => self.store_in_list(&held),
            }
        }
        assert!(held.iter().all(|at| at.is_whole()), "freed under a pin");
        drop(pinned);
        self.pins -= 1;
        if self.rng.below(2) == 0 {
            self.collect();
        }
        self.compare();
    }

    fn one_of<'a>(&mut self, held: &[Ref<'a, T>]) -> Ref<'a, T> {
        let at = held[self.rng.below(held.len())];
        assert!(at.is_whole(), "an object was freed under a pin");
        at
    }

    /// From one object that is held to the next, which is held from then on.
    fn load<'a>(&mut self, held: &mut Vec<Ref<'a, T>>, pinned: &'a Pinned) {
        let (at, k) = (self.one_of(held), self.rng.below(EDGES));
        let (next, there) = match (self.rng.below(4), at.extras.as_deref()) {
            (0, _) => {
                let fixed = at.fixed.as_ref().map(Gc::as_object);
                (fixed, self.model.fixed[&at.id])
            }
            (1, Some(Extras { list, .. })) => {
                let model = &self.model.extras.entry(at.id).or_default().list;
                let i = self.rng.below(model.len() + 1);
                (list.load(i, pinned), model.get(i).copied())
            }
            _ => (at.edges[k].load(pinned), self.model.edges[&at.id][k]),
        };
        assert_eq!(next.map(|n| n.id), there);
        held.extend(next);
    }

    /// Makes a handle: of an object that is held, or of what it leads to.
    fn root(&mut self, held: &[Ref<'_, T>]) {
        let (at, k) = (self.one_of(held), self.rng.below(EDGES));
        let (root, there) = match self.rng.below(4) {
            0 | 1 => (Some(Object::root(at)), Some(at.id)),
            2 => (at.fixed.clone(), self.model.fixed[&at.id]),
            _ => (at.edges[k].get(), self.model.edges[&at.id][k]),
        };
        assert_eq!(root.as_ref().map(|n| n.id), there);
        self.roots.extend(root);
    }

    /// Makes an edge that leads to an object that is held, in another one or in one of the
    /// graph's, or cuts one.
    fn store<'a>(&mut self, held: &mut Vec<Ref<'a, T>>, pinned: &'a Pinned) {
        let (at, other, k) = (self.one_of(held), self.one_of(held), self.rng.below(EDGES));
        let cell = &other.edges[k];
        let there = self.model.edges[&other.id][k];
        match (self.rng.below(6), self.any()) {
            (0 | 1, Some(root)) => {
                root.edges[k].store(at);
                self.edges_of(&root)[k] = Some(at.id);
            }
            (0..=2, _) => {
                let old = cell.swap_ref(at, pinned);
                self.edges_of(other)[k] = Some(at.id);
                assert_eq!(old.map(|n| n.id), there);
                held.extend(old);
            }
            (3, root) => {
                cell.store(root.as_ref().map(Gc::as_object));
                self.edges_of(other)[k] = root.map(|n| n.id);
            }
            (4, _) => {
                let old = cell.take_ref(pinned);
                self.edges_of(other)[k] = None;
                assert_eq!(old.map(|n| n.id), there);
                held.extend(old);
            }
            (_, root) => {
                let current = match root {
                    Some(_) => cell.load(pinned),
                    None => Some(at),
                };
                let done = cell.compare_exchange_ref(current, at, pinned);
                assert_eq!(done.is_ok(), current.map(|n| n.id) == there);
                if done.is_ok() {
                    self.edges_of(other)[k] = Some(at.id);
                }
                let found = done.unwrap_or_else(|found| found);
                assert_eq!(found.map(|n| n.id), there);
                held.extend(found);
            }
        }
    }

    /// The same in the list of one, if it has a list.
    fn store_in_list(&mut self, held: &[Ref<'_, T>]) {
        let (at, other) = (self.one_of(held), self.one_of(held));
        let root = self
            .roots
            .iter()
            .find(|root| root.extras.is_some())
            .cloned();
        let to: &Node<T> = root.as_deref().unwrap_or(other);
        let Some(Extras { list, .. }) = to.extras.as_deref() else {
            return;
        };
        let model = &mut self.model.extras.entry(to.id).or_default().list;
        let i = self.rng.below(model.len() + 1);
        if i < model.len() {
            list.store(i, at);
            model[i] = at.id;
        } else if i < 40 {
            list.push_ref(at);
            model.push(at.id);
        }
    }

    /// Holds an object of the graph that all share, while the others change that, and makes
    /// a handle or an edge of it.
    pub fn share_pinned(&mut self, shared: &Shared<T>) {
        let (i, j, k) = (
            self.rng.below(shared.len()),
            self.rng.below(shared.len()),
            self.rng.below(EDGES),
        );
        let pinned = gc::pin();
        let Some(node) = shared[i].load(&pinned) else {
            return;
        };
        for _ in 0..3 {
            self.step();
        }
        assert!(node.is_whole(), "a shared object was freed under a pin");
        match (self.rng.below(4), shared[j].load(&pinned)) {
            (0, _) => shared[j].set(Some(Object::root(node))),
            (1, Some(other)) => other.edges[k].store(node),
            (2, Some(other)) => {
                let old = other.edges[k].swap_ref(node, &pinned);
                assert!(old.is_none_or(|n| n.is_whole()));
                shared[j].store(old);
            }
            _ => shared[j].set(node.edges[k].get()),
        }
    }
}
