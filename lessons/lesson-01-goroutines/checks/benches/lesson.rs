//! Lesson 01 measured: `cargo xtask bench 1` puts the figures side by side.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota_grader::bench::compare;
use marmota_grader::candidates;

fn background(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_01_goroutines,
        reference: solution_01_goroutines,
    } => {
        let (done, ended) = marmota::chan(1);
        code::background::in_background(move || done.send(()));
        ended.recv()
    });
    compare(c, "lesson-01-background", &programs);
}

fn both(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_01_goroutines,
        reference: solution_01_goroutines,
    } => {
        code::both::run_both(|| black_box(1), || black_box(2))
    });
    compare(c, "lesson-01-both", &programs);
}

fn map(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_01_goroutines,
        reference: solution_01_goroutines,
    } => {
        let items: Vec<u64> = (0..100).collect();
        code::map::map(&items, |n| black_box(n * n))
    });
    compare(c, "lesson-01-map", &programs);
}

fn health(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_01_goroutines,
        reference: solution_01_goroutines,
    } => {
        code::health::check_all(&["a", "b", "c", "d"], |service| black_box(service) != "x")
    });
    compare(c, "lesson-01-health", &programs);
}

criterion_group!(benches, background, both, map, health);
criterion_main!(benches);
