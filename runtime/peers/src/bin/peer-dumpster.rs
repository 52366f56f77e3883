//! dumpster: reference counts, and a search for cycles beside them. Its single-threaded
//! collector, the faster of its two.
//!
//! Left out: the rows with mutable edges, whose work would be that of its cells.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[Bench::timed("trees", trees)];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

use dumpster::{Trace, unsync::Gc};

#[derive(Trace)]
struct Node {
    left: Option<Gc<Node>>,
    right: Option<Gc<Node>>,
}

fn build(depth: u32) -> Gc<Node> {
    let child = || (depth > 0).then(|| build(depth - 1));
    Gc::new(Node {
        left: child(),
        right: child(),
    })
}

fn check(node: &Node) -> u64 {
    match (&node.left, &node.right) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

fn trees(n: u64) -> Duration {
    let begin = Instant::now();
    let long_lived = build(18);
    let mut nodes = 0;
    for d in [4, 8, 12, 16] {
        nodes += (0..1 << (22 - d)).map(|_| check(&build(d))).sum::<u64>();
    }
    nodes += check(&long_lived);
    let took = begin.elapsed();
    assert_eq!(nodes, n);
    took
}
