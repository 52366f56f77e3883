//! The graph that threads change: dumpster's collector for several threads, threads of the
//! system, and a `Mutex` for each edge, since a `Gc` is no atomic pointer.

use std::mem;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use dumpster::{Trace, sync::Gc};
use marmota_peers::harness::Bench;
use marmota_peers::rows::{EDGES, Random};

pub const ROWS: &[Bench] = &[
    Bench::timed("gc-graph-2", |n| graph(2, n)).note("Mutex"),
    Bench::timed("gc-graph-8", |n| graph(8, n)).note("Mutex"),
];

type Edge = Mutex<Option<Gc<Vertex>>>;

#[derive(Trace)]
struct Vertex {
    value: u64,
    edge: Edge,
}

/// What the edge led to goes when the lock is free again: a search for cycles may start
/// there, and does not look into what is locked.
fn store(edge: &Edge, to: Option<Gc<Vertex>>) {
    let before = mem::replace(&mut *edge.lock().unwrap(), to);
    drop(before);
}

fn graph(threads: u64, n: u64) -> Duration {
    let edges: Vec<Edge> = (0..EDGES).map(|_| Mutex::new(None)).collect();
    let begin = Instant::now();
    thread::scope(|s| {
        for i in 0..threads {
            let edges = &edges;
            s.spawn(move || {
                let mut random = Random(i + 1);
                for value in 0..n / threads {
                    let from = edges[random.below(EDGES) as usize].lock().unwrap().clone();
                    if let Some(vertex) = &from {
                        // Chains stay short.
                        store(&vertex.edge, None);
                    }
                    let edge = Mutex::new(from);
                    let vertex = Gc::new(Vertex { value, edge });
                    store(&edges[random.below(EDGES) as usize], Some(vertex));
                }
            });
        }
    });
    let took = begin.elapsed();
    let changed = |edge: &Edge| {
        let vertex = edge.lock().unwrap();
        vertex.as_ref().is_some_and(|vertex| vertex.value > 0)
    };
    assert!(edges.iter().any(changed));
    took
}
