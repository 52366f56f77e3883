//! Lesson 07 measured: `cargo xtask bench 7` puts the figures side by side.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use marmota_grader::bench::compare;
use marmota_grader::candidates;

fn workers(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
    } => {
        let job = |n: u32| Box::new(move || { black_box(n); }) as code::Job;
        code::workers::run_pool(4, (0..100).map(job).collect())
    });
    compare(c, "lesson-07-workers", &programs);
}

fn order(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
    } => {
        code::order::map_pool(4, (0..100).collect(), |n: u32| black_box(n) + 1)
    });
    compare(c, "lesson-07-order", &programs);
}

/// The runtime's semaphore with the lesson's methods.
mod runtimes {
    pub mod limit {
        use marmota::{context, sync};

        pub struct Semaphore(sync::Semaphore);
        pub struct Permit(sync::Semaphore);

        impl Semaphore {
            pub fn new(size: usize) -> Self {
                Self(sync::Semaphore::new(size as u64))
            }

            pub fn acquire(&self) -> Permit {
                self.0
                    .acquire(&context::background(), 1)
                    .expect("the background never ends");
                Permit(self.0.clone())
            }
        }

        impl Clone for Semaphore {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl Drop for Permit {
            fn drop(&mut self) {
                self.0.release(1);
            }
        }
    }
}

/// Twenty goroutines and four permits, on the learner's semaphore, the reference's, and
/// the runtime's own.
fn limit(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
        runtime: crate::runtimes,
    } => {
        let permits = code::limit::Semaphore::new(4);
        let group = marmota::sync::WaitGroup::new();
        for _ in 0..20 {
            let permits = permits.clone();
            group.go(move || for _ in 0..10 {
                let _permit = permits.acquire();
            });
        }
        group.wait();
    });
    compare(c, "lesson-07-limit", &programs);
}

fn balance(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
    } => {
        let servers: Vec<_> = (0..4).map(|_| {
            let (tx, rx) = marmota::chan(0);
            marmota::go(move || rx.iter().for_each(|n: u32| { black_box(n); }));
            tx
        }).collect();
        let (tx, rx) = marmota::chan(0);
        marmota::go(move || {
            (0..100).for_each(|n| tx.send(n));
            tx.close();
        });
        code::balance::balance(&rx, &servers)
    });
    compare(c, "lesson-07-balance", &programs);
}

/// No pause between the starts: what the pool itself costs.
fn rated(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
    } => {
        let pool = code::rated::Pool::new(4, Duration::ZERO);
        for n in 0..100 {
            let taken = pool.submit(Box::new(move || { black_box(n); }));
            assert!(taken, "nobody has stopped it");
        }
        pool.stop();
    });
    compare(c, "lesson-07-rated", &programs);
}

fn crawl(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_07_worker_pool,
        reference: solution_07_worker_pool,
    } => {
        // Two links on each page, six levels: 127 pages.
        code::crawl::crawl("r", 4, |address| Ok(code::crawl::Page {
            title: String::new(),
            links: match address.len() {
                7.. => Vec::new(),
                _ => vec![format!("{address}a"), format!("{address}b")],
            },
        }))
    });
    compare(c, "lesson-07-crawl", &programs);
}

criterion_group!(benches, workers, order, limit, balance, rated, crawl);
criterion_main!(benches);
