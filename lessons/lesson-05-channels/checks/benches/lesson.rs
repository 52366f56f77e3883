//! Lesson 05 measured: `cargo xtask bench 5` puts the figures side by side.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota_grader::bench::compare;
use marmota_grader::candidates;

fn produce(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_05_channels,
        reference: solution_05_channels,
    } => {
        let (out, input) = marmota::chan(0);
        marmota::go(move || code::produce::produce((0..100_u32).collect(), &out));
        code::produce::consume(&input)
    });
    compare(c, "lesson-05-produce", &programs);
}

fn many(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_05_channels,
        reference: solution_05_channels,
    } => {
        let producer = |n: u32| Box::new(move |out: &marmota::chan::Sender<u32>| {
            (0..10).for_each(|i| out.send(n + i));
        }) as code::many::Producer<u32>;
        code::many::start_all((0..10).map(producer).collect()).iter().count()
    });
    compare(c, "lesson-05-many", &programs);
}

fn stages(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_05_channels,
        reference: solution_05_channels,
    } => {
        let (out, source) = marmota::chan(0);
        marmota::go(move || {
            (0..100).for_each(|n| out.send(n));
            out.close();
        });
        let stage = |n: u64| Box::new(move |v| Some(black_box(v + n))) as code::stages::Stage;
        code::stages::pipeline(source, (0..4).map(stage).collect()).iter().count()
    });
    compare(c, "lesson-05-stages", &programs);
}

fn logs(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_05_channels,
        reference: solution_05_channels,
    } => {
        let (out, lines) = marmota::chan(16);
        marmota::go(move || {
            (0..100).for_each(|n| out.send(format!("WARN service{}: slow", n % 7)));
            out.close();
        });
        code::logs::summarize(lines, 4, code::logs::Entry::parse)
    });
    compare(c, "lesson-05-logs", &programs);
}

/// A channel of the runtime where the lesson's crates have their queue.
mod runtimes {
    pub mod queue {
        use marmota::chan::Chan;

        #[derive(Clone)]
        pub struct Queue<T>(Chan<T>);

        impl<T> Queue<T> {
            pub fn new(capacity: usize) -> Self {
                Self(Chan::new(capacity))
            }

            pub fn send(&self, value: T) {
                self.0.send(value);
            }

            pub fn recv(&self) -> Option<T> {
                self.0.recv()
            }

            pub fn close(&self) {
                self.0.close();
            }
        }
    }
}

/// A thousand values from one goroutine to another, through the learner's queue, the
/// reference's, and the runtime's buffered channel.
fn queue(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_05_channels,
        reference: solution_05_channels,
        runtime: crate::runtimes,
    } => {
        let queue = code::queue::Queue::new(16);
        let out = queue.clone();
        marmota::go(move || {
            (0..1_000_u32).for_each(|n| out.send(n));
            out.close();
        });
        let mut sum = 0;
        while let Some(n) = queue.recv() {
            sum += n;
        }
        sum
    });
    compare(c, "lesson-05-queue", &programs);
}

criterion_group!(benches, produce, many, stages, logs, queue);
criterion_main!(benches);
