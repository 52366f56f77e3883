//! The collected heap against a model of it.
//!
//! Each goroutine runs a random program on a graph of its own (new objects, edges set,
//! read, swapped and taken, handles cloned and dropped, and the same with references under
//! pins), keeps the same graph in plain maps, and compares. Beside it all of them work on
//! one shared graph, of which they check that what they read is whole. What dies is
//! overwritten, so an object that was freed too early is seen; and each object has a token
//! whose destructor counts, so that one that is never freed is seen too.
//!
//! ```text
//!   graph.rs    the objects            model.rs    the same in maps
//!   program.rs  steps, comparing       extras.rs   steps on lists, maps, channels, locks
//!   shared.rs   the shared graph       pins.rs     steps under pins
//!   counts.rs   tests of what is freed, and of the figures
//! ```

mod counts;
mod extras;
mod graph;
mod model;
mod pins;
mod program;
mod shared;

use graph::shared_graph;
use marmota::gc;
use marmota::sync::WaitGroup;
use program::{Program, run, run_in_stages};
use std::sync::{Arc, Mutex};

/// The heap is one, and so are its settings: one test at a time.
static ONE: Mutex<()> = Mutex::new(());
fn in_runtime(procs: usize, f: impl FnOnce() + Send) {
    let rt = marmota::Runtime::builder()
        .procs(procs)
        .panic_in_caller()
        .build();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.unwrap().run(f) };
}

/// Goroutines that all do `f`, to their end.
fn together(n: u64, f: impl Fn(u64) + Send + Sync + 'static) {
    let (group, f) = (WaitGroup::new(), Arc::new(f));
    for seed in 1..=n {
        let f = f.clone();
        group.go(move || f(seed));
    }
    group.wait();
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(|broken| broken.into_inner())
}

struct Stress;

impl Stress {
    fn on() -> Stress {
        gc::testing::set_stress(true);
        Stress
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        gc::testing::set_stress(false);
    }
}

#[test]
fn graphs_are_as_the_model_says_with_a_collection_at_every_allocation() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let _stress = Stress::on();
            let shared = shared_graph();
            together(4, move |seed| run(seed, 600, &shared, ()));
        });
    }
}

#[test]
fn graphs_with_destructors_are_as_the_model_says() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let _stress = Stress::on();
            let shared = shared_graph();
            together(4, move |seed| run(seed, 300, &shared, Arc::new(seed)));
        });
    }
}

#[test]
fn graphs_on_plain_threads_are_as_the_model_says() {
    let _alone = alone();
    let _stress = Stress::on();
    let shared = shared_graph();
    std::thread::scope(|scope| {
        for seed in 1..=3 {
            let shared = shared.clone();
            scope.spawn(move || run(seed, 400, &shared, ()));
        }
    });
}

/// On this thread, where nobody else marks, the stages come where the program puts them; so
/// this does the same each time, and any one barrier that is missing makes it fail.
#[test]
fn graphs_are_as_the_model_says_between_the_stages_of_a_collection() {
    let _alone = alone();
    gc::testing::set_poison(true);
    for seed in 1..=200 {
        run_in_stages(seed, 600, ());
        run_in_stages(seed, 200, Arc::new(seed));
    }
    gc::testing::set_poison(false);
}

#[test]
fn graphs_in_deterministic_runs_are_as_the_model_says() {
    let _alone = alone();
    let report = marmota::sim::Explorer::new().schedules(20).run(|| {
        let _stress = Stress::on();
        let shared = shared_graph();
        together(3, move |seed| run(seed, 60, &shared, ()));
    });
    assert_eq!(report.verdict, marmota::sim::Verdict::Passed, "{report}");
}

#[test]
fn large_graphs_survive_cycles_that_growth_starts() {
    let _alone = alone();
    gc::testing::set_poison(true);
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let old = marmota::debug::set_gc_percent(20);
            let shared = shared_graph();
            together(4, move |seed| {
                let mut program = Program::new(seed, ());
                for round in 0..30 {
                    // A long list, so that marking takes a while, and churn beside it.
                    let mut list = None;
                    for _ in 0..5_000 {
                        list = Some(program.new_node(list, None));
                    }
                    for _ in 0..200 {
                        program.step();
                        program.share(&shared);
                    }
                    if round % 10 == 0 {
                        program.compare();
                    }
                    let mut length = 0;
                    let mut at = list.as_ref();
                    while let Some(node) = at {
                        assert!(node.is_whole(), "an object of a list was freed");
                        length += 1;
                        at = node.fixed.as_ref();
                    }
                    assert_eq!(length, 5_000);
                }
            });
            marmota::debug::set_gc_percent(old);
        });
    }
    gc::testing::set_poison(false);
}
