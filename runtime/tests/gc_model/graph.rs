//! The objects that the programs make graphs of.

use marmota::Chan;
use marmota::gc::{Gc, GcCell, GcMap, GcMutex, GcVec, Trace, Weak};
use std::sync::Arc;

pub const EDGES: usize = 3;

/// `T` is an Arc, which must be dropped, or nothing.
#[derive(Trace)]
pub struct Node<T> {
    pub id: u64,
    pub check: u64,
    pub fixed: Option<Gc<Node<T>>>,
    pub edges: [GcCell<Option<Gc<Node<T>>>>; EDGES],
    pub extras: Option<Gc<Extras<T>>>,
    pub token: T,
}

/// Edges of other kinds: an object of its own, because a channel needs a destructor, and
/// nodes are to be without.
#[derive(Trace)]
pub struct Extras<T> {
    pub list: GcVec<Gc<Node<T>>>,
    pub map: GcMap<u64, Gc<Node<T>>>,
    pub queue: Chan<Gc<Node<T>>>,
    pub lock: GcMutex<Option<Gc<Node<T>>>>,
    pub weak: GcMutex<Weak<Node<T>>>,
}

pub const QUEUE: usize = 3;

impl<T: Trace> Extras<T> {
    pub fn new() -> Extras<T> {
        Extras {
            list: GcVec::new(),
            map: GcMap::new(),
            queue: Chan::new(QUEUE),
            lock: GcMutex::new(None),
            weak: GcMutex::new(Weak::new()),
        }
    }

    /// All that they lead to, but weakly; leaves the queue as it was.
    pub fn edges(&self) -> Vec<Gc<Node<T>>> {
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
    pub fn is_whole(&self) -> bool {
        self.check == check(self.id)
    }
}

pub fn check(id: u64) -> u64 {
    (id ^ 0x5DEE_CE66_D1CE_4E5B).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// What all goroutines of a test work on at once. A cell outside of the heap each.
pub type Shared<T> = Arc<Vec<GcCell<Option<Gc<Node<T>>>>>>;

pub fn shared_graph<T: Trace>() -> Shared<T> {
    Arc::new((0..6).map(|_| GcCell::new(None)).collect())
}
