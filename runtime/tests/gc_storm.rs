//! The collected heap in a storm: preemption every 100 µs, collections all the time, and
//! GOMAXPROCS changing beside goroutines that allocate, change shared graphs, and
//! compute. A goroutine is stopped where the signal finds it, and may not start again
//! before another has: if that could be in a region of the heap, the next collection
//! would wait for it for ever, most surely with one P.
//!
//! A test fails by a wrong sum, by an object that was freed while in use (what dies is
//! overwritten), or by not ending.

mod common;

use marmota::gc::{self, Gc, GcCell, Trace};
use marmota::sync::WaitGroup;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// The heap is one, and so are its settings: one test at a time.
static ONE: Mutex<()> = Mutex::new(());

#[derive(Trace)]
struct Node {
    id: u64,
    check: u64,
    fixed: Option<Gc<Node>>,
    edge: GcCell<Option<Gc<Node>>>,
}

fn check(id: u64) -> u64 {
    (id ^ 0x5DEE_CE66_D1CE_4E5B).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn node(id: u64, fixed: Option<Gc<Node>>, edge: Option<Gc<Node>>) -> Gc<Node> {
    Gc::new(Node {
        id,
        check: check(id),
        fixed,
        edge: GcCell::new(edge),
    })
}

impl Node {
    #[track_caller]
    fn must_be_whole(&self) {
        assert_eq!(self.check, check(self.id), "freed while in use");
    }
}

/// Work that enters the runtime nowhere: where a signal stops a goroutine.
fn spin(steps: u64) -> u64 {
    (0..steps).fold(1u64, |x, i| std::hint::black_box(x.wrapping_mul(31) ^ i))
}

/// Sets a flag when it goes, also by a panic.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn in_a_storm(procs: usize, f: impl FnOnce() + Send) {
    let rt = common::storm(procs);
    let before = gc::read_mem_stats().num_gc;
    gc::testing::set_poison(true);
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    let stats = unsafe {
        rt.run(|| {
            f();
            marmota::debug::read_sched_stats()
        })
    };
    gc::testing::set_poison(false);
    // Shown by `--nocapture`: the storm did blow.
    let collections = gc::read_mem_stats().num_gc - before;
    println!(
        "{procs} Ps: {} preemptions, {collections} collections",
        stats.preempted
    );
    assert!(stats.preempted > 0 && collections > 0);
}

/// Runs `f` until `work` goroutines have ended their own, beside them.
fn beside(done: &Arc<AtomicBool>, group: &WaitGroup, f: impl Fn(u64) + Send + 'static) {
    let done = done.clone();
    group.go(move || {
        for round in 0.. {
            if done.load(Relaxed) {
                break;
            }
            f(round);
        }
    });
}

type Shared = Arc<Vec<GcCell<Option<Gc<Node>>>>>;

/// Lists of its own, and changes to a graph that all share.
fn mutate(seed: u64, rounds: u64, shared: &Shared) -> u64 {
    let mut sum = 0;
    let cells = shared.len() as u64;
    for round in 0..rounds {
        let mut list = None;
        for id in 0..50 {
            list = Some(node(id, list, None));
        }
        let at = |k: u64| &shared[((seed * 31 + round * 7 + k) % cells) as usize];
        at(0).set(Some(node(round, at(1).get(), at(2).get())));
        if let Some(there) = at(3).get() {
            there.must_be_whole();
            there.edge.set(at(4).get());
            if let Some(next) = there.edge.get() {
                next.must_be_whole();
                at(5).set(next.edge.take());
            }
        }
        if round % 16 == 0 {
            // The graph stays small.
            at(6).set(None);
            spin(5_000);
        }
        let mut next = list.as_ref();
        while let Some(node) = next {
            node.must_be_whole();
            sum += node.id;
            next = node.fixed.as_ref();
        }
    }
    sum
}

/// The storm at this many Ps.
fn storm(procs: usize, resize: bool) {
    in_a_storm(procs, move || {
        const MUTATORS: u64 = 12;
        const ROUNDS: u64 = 5_000;
        let shared: Shared = Arc::new((0..8).map(|_| GcCell::new(None)).collect());
        let (sum, done) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (mutators, others) = (WaitGroup::new(), WaitGroup::new());
        let ends = Ends(done.clone());
        for seed in 0..MUTATORS {
            let (shared, sum) = (shared.clone(), sum.clone());
            mutators.go(move || _ = sum.fetch_add(mutate(seed, ROUNDS, &shared), Relaxed));
        }
        beside(&done, &others, |_| gc::gc());
        beside(&done, &others, |_| _ = spin(50_000));
        // What stops the world for its own ends.
        beside(&done, &others, |_| {
            let stats = gc::read_mem_stats();
            assert_eq!(stats.heap_objects, stats.mallocs - stats.frees);
            spin(1_000);
        });
        if resize {
            beside(&done, &others, |round| {
                let n = 1 + round as usize % 8;
                marmota::runtime::gomaxprocs(n);
                assert_eq!(marmota::runtime::gomaxprocs(0), n);
                spin(10_000);
            });
        }
        mutators.wait();
        drop(ends);
        others.wait();
        assert_eq!(sum.load(Relaxed), MUTATORS * ROUNDS * (49 * 50 / 2));
    });
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(|broken| broken.into_inner())
}

#[test]
fn collections_end_at_one_p() {
    let _alone = alone();
    storm(1, false);
}

#[test]
fn collections_end_at_two_ps() {
    let _alone = alone();
    storm(2, false);
}

#[test]
fn collections_end_at_eight_ps() {
    let _alone = alone();
    storm(8, false);
}

#[test]
fn collections_end_while_the_number_of_ps_changes() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        storm(procs, true);
    }
}
