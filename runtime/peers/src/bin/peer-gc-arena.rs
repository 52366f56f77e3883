//! gc-arena: an incremental collector whose pointers live only within a closure on its
//! arena. One thread; collecting is asked for between closures, here after each tree.
//!
//! Left out: the rows with mutable edges and with several goroutines.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use marmota_peers::harness::{Bench, main_with};
use marmota_peers::threads::host;

const ROWS: &[Bench] = &[Bench::timed("trees", trees)];

fn main() -> ExitCode {
    main_with(&[ROWS], host)
}

use gc_arena::{Arena, Collect, Gc, Mutation, Rootable};

#[derive(Collect)]
#[collect(no_drop)]
struct Node<'gc> {
    left: Option<Gc<'gc, Node<'gc>>>,
    right: Option<Gc<'gc, Node<'gc>>>,
}

fn build<'gc>(mc: &Mutation<'gc>, depth: u32) -> Gc<'gc, Node<'gc>> {
    let child = || (depth > 0).then(|| build(mc, depth - 1));
    Gc::new(
        mc,
        Node {
            left: child(),
            right: child(),
        },
    )
}

fn check(node: &Node<'_>) -> u64 {
    match (&node.left, &node.right) {
        (Some(left), Some(right)) => 1 + check(left) + check(right),
        _ => 1,
    }
}

fn trees(n: u64) -> Duration {
    let begin = Instant::now();
    let mut long_lived = Arena::<Rootable![Gc<'_, Node<'_>>]>::new(|mc| build(mc, 18));
    let mut nodes = 0;
    for d in [4, 8, 12, 16] {
        for _ in 0..1 << (22 - d) {
            nodes += long_lived.mutate(|mc, _| check(&build(mc, d)));
            long_lived.collect_debt();
        }
    }
    nodes += long_lived.mutate(|_, root| check(root));
    let took = begin.elapsed();
    assert_eq!(nodes, n);
    took
}
