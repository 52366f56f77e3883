//! Lesson 03 measured: `cargo xtask bench 3` puts the figures side by side.
//!
//! The bathroom is left out: its people stay for two seconds each, whoever wrote it.

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

fn tally(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_03_mutex,
        reference: solution_03_mutex,
    } => {
        let tally = code::tally::Tally::new();
        eight(move |_| {
            for name in ["a", "b", "c"].iter().cycle().take(60) {
                tally.vote(name);
            }
        });
    });
    compare(c, "lesson-03-tally", &programs);
}

fn network(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_03_mutex,
        reference: solution_03_mutex,
    } => {
        let network = code::network::Network::new(code::network::Settings::default());
        eight(move |i| {
            for round in 0..60 {
                if i == 0 && round == 30 {
                    network.restart(|settings| settings.name.push('!'));
                }
                black_box(network.browse(|settings| settings.name.len()));
            }
        });
    });
    compare(c, "lesson-03-network", &programs);
}

fn bank(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_03_mutex,
        reference: solution_03_mutex,
    } => {
        let bank = code::bank::Bank::new(&[1_000; 8]);
        eight(move |i| {
            for round in 1..60 {
                let answer = bank.transfer(i, (i + round) % 8, 1, |_, _| true);
                black_box(answer.is_ok());
            }
        });
    });
    compare(c, "lesson-03-bank", &programs);
}

/// The runtime's lock where the lesson's crates have their gate.
mod runtimes {
    pub mod own {
        use marmota::sync::{RwMutex, RwMutexReadGuard, RwMutexWriteGuard};

        pub struct RwGate(RwMutex<()>);

        impl RwGate {
            pub fn new() -> Self {
                Self(RwMutex::new(()))
            }

            pub fn read(&self) -> RwMutexReadGuard<'_, ()> {
                self.0.read()
            }

            pub fn write(&self) -> RwMutexWriteGuard<'_, ()> {
                self.0.write()
            }
        }
    }
}

/// Nine readers to a writer, on the learner's gate, the reference's, and the runtime's
/// own.
fn own(c: &mut Criterion) {
    let programs = candidates!(code: {
        learner: lesson_03_mutex,
        reference: solution_03_mutex,
        runtime: crate::runtimes,
    } => {
        let gate = code::own::RwGate::new();
        eight(move |i| {
            for round in 0..60 {
                if (i + round) % 10 == 0 {
                    drop(gate.write());
                } else {
                    drop(gate.read());
                }
            }
        });
    });
    compare(c, "lesson-03-own", &programs);
}

criterion_group!(benches, tally, network, bank, own);
criterion_main!(benches);
