//! Lesson 06 measured: `cargo xtask bench 6` puts the figures side by side.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota_grader::bench::compare;
use marmota_grader::candidates;

/// The runtime's own calls where the lesson's crates have theirs.
mod runtimes {
    pub mod offer {
        use marmota::chan::{Receiver, Sender};

        pub fn offer<T>(to: &Sender<T>, value: T) -> bool {
            to.try_send(value).is_ok()
        }

        pub fn drain<T>(from: &Receiver<T>) -> Vec<T> {
            std::iter::from_fn(|| from.try_recv().ok()).collect()
        }
    }
}

fn offer(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_06_select,
        reference: solution_06_select,
        runtime: crate::runtimes,
    } => {
        let (tx, rx) = marmota::chan(50);
        let taken = (0..100_u32).filter(|&n| code::offer::offer(&tx, n)).count();
        (taken, code::offer::drain(&rx))
    });
    compare(c, "lesson-06-offer", &programs);
}

fn merge(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_06_select,
        reference: solution_06_select,
    } => {
        let source = || {
            let (tx, rx) = marmota::chan(0);
            marmota::go(move || {
                (0..100_u32).for_each(|n| tx.send(n));
                tx.close();
            });
            rx
        };
        code::merge::merge(source(), source()).iter().count()
    });
    compare(c, "lesson-06-merge", &programs);
}

fn timeout(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_06_select,
        reference: solution_06_select,
    } => {
        code::timeout::with_timeout(Duration::from_secs(60), || black_box(1))
    });
    compare(c, "lesson-06-timeout", &programs);
}

fn worker(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_06_select,
        reference: solution_06_select,
    } => {
        let ((tx, jobs), (_quit, quitting)) = (marmota::chan(100), marmota::chan(0));
        (0..100_u32).for_each(|job| tx.send(job));
        tx.close();
        code::worker::work(&jobs, &quitting, |job| {
            black_box(job);
        })
    });
    compare(c, "lesson-06-worker", &programs);
}

fn monitor(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_06_select,
        reference: solution_06_select,
    } => {
        let ((tx, beats), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
        let news = code::monitor::monitor(&["a", "b"], Duration::from_secs(60), beats, quitting);
        for _ in 0..50 {
            tx.send("a".to_owned());
            tx.send("b".to_owned());
        }
        quit.close();
        news.recv()
    });
    compare(c, "lesson-06-monitor", &programs);
}

criterion_group!(benches, offer, merge, timeout, worker, monitor);
criterion_main!(benches);
