//! Plain boxes and the system's allocator: what the trees cost without a collector. Each
//! node has one owner, and whoever has the root may change what is below.
//!
//! Left out: the list, the cache and the graph. Two edges lead to a node there, and a box
//! is one (`peer-rc.rs`).

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use marmota_peers::rows::{Random, TREE_DEPTH};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[Bench::timed("trees", trees), Bench::timed("gc-tree", tree)];

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

struct Branch {
    sides: [Option<Box<Branch>>; 2],
}

fn branches(depth: u32) -> Box<Branch> {
    let child = || (depth > 0).then(|| branches(depth - 1));
    Box::new(Branch {
        sides: [child(), child()],
    })
}

fn tree(n: u64) -> Duration {
    let mut root = branches(TREE_DEPTH);
    let mut random = Random(1);
    let begin = Instant::now();
    for _ in 0..n {
        let mut way = random.below(1 << TREE_DEPTH);
        let mut at = &mut *root;
        for _ in 3..TREE_DEPTH {
            at = at.sides[way as usize & 1]
                .as_mut()
                .expect("above the leaves");
            way >>= 1;
        }
        at.sides[way as usize & 1] = Some(branches(2));
    }
    begin.elapsed()
}
