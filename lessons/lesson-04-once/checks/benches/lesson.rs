//! Lesson 04 measured: `cargo xtask bench 4` puts the figures side by side.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota::sync::WaitGroup;
use marmota_grader::bench::compare;
use marmota_grader::candidates;

/// Runs `each(0)` to `each(7)` on goroutines and waits for them.
fn eight(each: impl Fn(usize) + Send + Sync + 'static) {
    let (group, each) = (WaitGroup::new(), Arc::new(each));
    for i in 0..8 {
        let each = Arc::clone(&each);
        group.go(move || each(i));
    }
    group.wait();
}

fn lazy(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_04_once,
        reference: solution_04_once,
    } => {
        let value = code::lazy::Lazy::new(|| vec![1, 2, 3]);
        eight(move |_| {
            for _ in 0..100 {
                black_box(value.get().len());
            }
        });
    });
    compare(c, "lesson-04-lazy", &programs);
}

fn registry(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_04_once,
        reference: solution_04_once,
    } => {
        let registry = code::registry::Registry::new(|service: &str| Ok(service.len()));
        eight(move |i| {
            for round in 0..100 {
                let service = ["mail", "search", "clock"][(i + round) % 3];
                black_box(registry.get(service).is_ok());
            }
        });
    });
    compare(c, "lesson-04-registry", &programs);
}

/// The runtime's Once where the lesson's crates have theirs.
mod runtimes {
    pub mod own {
        pub use marmota::sync::Once;
    }
}

/// The way that matters is the one after the first: a flag, and no lock.
fn own(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_04_once,
        reference: solution_04_once,
        runtime: crate::runtimes,
    } => {
        let once = code::own::Once::new();
        eight(move |_| {
            for _ in 0..100 {
                once.call_once(|| { black_box(1); });
            }
        });
    });
    compare(c, "lesson-04-own", &programs);
}

criterion_group!(benches, lazy, registry, own);
criterion_main!(benches);
