//! Plain boxes and the system's allocator: what the trees cost without a collector, where
//! each has one owner.
//!
//! Left out: everything with shared or mutable edges, which boxes are not.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[Bench::timed("trees", trees)];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

struct Node {
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

fn build(depth: u32) -> Box<Node> {
    let child = || (depth > 0).then(|| build(depth - 1));
    Box::new(Node {
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
