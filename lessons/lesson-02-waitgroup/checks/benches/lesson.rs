//! Lesson 02 measured: `cargo xtask bench 2` puts the figures side by side.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota_grader::bench::compare;
use marmota_grader::candidates;

fn all(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_02_waitgroup,
        reference: solution_02_waitgroup,
    } => {
        let job = |n: u32| Box::new(move || { black_box(n); }) as code::Job;
        code::all::run_all((0..100).map(job).collect())
    });
    compare(c, "lesson-02-all", &programs);
}

fn gather(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_02_waitgroup,
        reference: solution_02_waitgroup,
    } => {
        let job = |n: u32| Box::new(move || black_box(n)) as Box<dyn FnOnce() -> u32 + Send>;
        code::gather::gather((0..100).map(job).collect())
    });
    compare(c, "lesson-02-gather", &programs);
}

fn usage(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_02_waitgroup,
        reference: solution_02_waitgroup,
    } => {
        // Two folders in each, six levels: 127 in all.
        code::usage::disk_usage("r", |path| code::usage::Listing {
            bytes: 1,
            folders: match path.len() {
                7.. => Vec::new(),
                _ => vec![format!("{path}a"), format!("{path}b")],
            },
        })
    });
    compare(c, "lesson-02-usage", &programs);
}

/// The runtime's group where the lesson's crates have theirs.
mod runtimes {
    pub mod own {
        pub use marmota::sync::WaitGroup;
    }
}

/// A hundred goroutines and one wait, on the learner's group, the reference's, and
/// the runtime's own.
fn own(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_02_waitgroup,
        reference: solution_02_waitgroup,
        runtime: crate::runtimes,
    } => {
        let group = code::own::WaitGroup::new();
        group.add(100);
        for _ in 0..100 {
            let group = group.clone();
            marmota::go(move || group.done());
        }
        group.wait();
    });
    compare(c, "lesson-02-own", &programs);
}

criterion_group!(benches, all, gather, usage, own);
criterion_main!(benches);
