//! Binary trees on the collected heap, the classic test of an allocator: a long-lived
//! tree of some depth, and very many short-lived ones beside it.
//!
//! `cargo run --release -p marmota --example binary_trees -- 18`

use marmota::gc::{Gc, Trace};
use std::time::Instant;

#[derive(Trace)]
struct Node {
    left: Option<Gc<Node>>,
    right: Option<Gc<Node>>,
}

fn build(depth: u32) -> Gc<Node> {
    if depth == 0 {
        return Gc::new(Node {
            left: None,
            right: None,
        });
    }
    Gc::new(Node {
        left: Some(build(depth - 1)),
        right: Some(build(depth - 1)),
    })
}

fn check(node: &Node) -> u64 {
    match (&node.left, &node.right) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

#[marmota::main]
fn main() {
    let depth = std::env::args().nth(1).map_or(14, |text| {
        text.parse()
            .expect("the argument is the depth of the long-lived tree, a number from 4 to 30")
    });
    let began = Instant::now();
    let long_lived = build(depth);
    for d in (4..=depth).step_by(4) {
        let trees = 1 << (depth - d + 4);
        let nodes: u64 = (0..trees).map(|_| check(&build(d))).sum();
        println!("{trees}\t trees of depth {d}\t check: {nodes}");
    }
    println!(
        "long lived tree of depth {depth}\t check: {}",
        check(&long_lived)
    );
    let stats = marmota::gc::read_mem_stats();
    eprintln!(
        "{:.0} ms, {} collections, pauses {:.3} ms in all",
        began.elapsed().as_secs_f64() * 1e3,
        stats.num_gc,
        stats.pause_total_ns as f64 / 1e6
    );
}
