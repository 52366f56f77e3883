//! The same graph in plain maps, and what the programs' choices are made with.

use crate::graph::EDGES;
use std::collections::{HashMap, HashSet, VecDeque};

/// What the objects of one goroutine are, said again.
#[derive(Default)]
pub struct Model {
    pub fixed: HashMap<u64, Option<u64>>,
    pub edges: HashMap<u64, [Option<u64>; EDGES]>,
    pub extras: HashMap<u64, ModelExtras>,
}

#[derive(Default)]
pub struct ModelExtras {
    pub list: Vec<u64>,
    pub map: HashMap<u64, u64>,
    pub queue: VecDeque<u64>,
    pub lock: Option<u64>,
    pub weak: Option<u64>,
}

impl Model {
    pub fn reachable(&self, roots: impl Iterator<Item = u64>) -> HashSet<u64> {
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

/// Reproducible numbers (xorshift).
pub struct Rng(pub u64);

impl Rng {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}
