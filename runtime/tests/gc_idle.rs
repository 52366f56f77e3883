//! Marking in time that nobody else wants. A process of its own: it counts what the
//! workers of one cycle do.

use marmota::Chan;
use marmota::gc::{self, Gc, Trace};

#[derive(Trace)]
struct Node {
    value: u64,
    next: Option<Gc<Node>>,
}

/// Some dozens of a worker's steps.
const NODES: u64 = 200_000;

/// A worker that keeps to its quarter of the time where nothing else is to run takes no step
/// beyond it; so this fails with none, on whatever machine.
#[test]
fn workers_mark_beyond_their_share_while_main_only_waits() {
    for procs in [1, 2] {
        let rt = marmota::Runtime::builder().procs(procs).build().unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe { rt.run(main_waits_for_a_cycle) };
    }
}

fn main_waits_for_a_cycle() {
    // No cycle but the one below.
    let percent = marmota::debug::set_gc_percent(-1);
    let list = (0..NODES).fold(None, |next, value| Some(Gc::new(Node { value, next })));
    gc::gc();
    let over = Chan::new(1);
    let tell = over.clone();
    gc::add_cleanup(&Gc::new(0u64), move || tell.send(()));
    let before = (gc::testing::idle_steps(), gc::read_mem_stats().num_gc);
    gc::testing::begin_cycle();
    // Parked from here on: nobody allocates, assists, or waits for its turn.
    over.recv();
    let after = (gc::testing::idle_steps(), gc::read_mem_stats().num_gc);
    assert_eq!(after.1, before.1 + 1);
    assert!(after.0 > before.0, "the time of idle Ps went unused");
    assert_eq!(list.map(|node| node.value), Some(NODES - 1));
    marmota::debug::set_gc_percent(percent);
}
