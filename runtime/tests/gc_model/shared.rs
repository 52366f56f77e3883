//! A program's steps on the graph that all share: there is no model of it, but whatever is
//! read must be whole.

use crate::graph::{EDGES, Shared};
use crate::program::Program;
use marmota::gc::{self, Gc, Trace};

impl<T: Trace + Clone> Program<T> {
    /// One step on the graph that all share.
    pub fn share(&mut self, shared: &Shared<T>) {
        let (i, j, k) = (
            self.rng.below(shared.len()),
            self.rng.below(shared.len()),
            self.rng.below(EDGES),
        );
        match self.rng.below(7) {
            6 if self.rng.below(8) == 0 => self.share_pinned(shared),
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
}
