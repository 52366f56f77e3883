//! Figures that are not a duration divided by a count.

use marmota::{chan, go, spawn, sync::WaitGroup};
use marmota_peers::direct::{resident_bytes, spinners, switches};
use marmota_peers::harness::Bench;
use marmota_peers::rows::PARKED;

pub const ROWS: &[Bench] = &[
    Bench::direct("memory", memory),
    Bench::direct("preemption", preemption),
];

fn memory() -> f64 {
    let before = resident_bytes();
    let (gate, opened) = chan::<()>(0);
    let (running, done) = (WaitGroup::new(), WaitGroup::new());
    running.add(PARKED as isize);
    done.add(PARKED as isize);
    for _ in 0..PARKED {
        let (opened, running, done) = (opened.clone(), running.clone(), done.clone());
        go(move || {
            running.done();
            opened.recv();
            done.done();
        });
    }
    running.wait();
    let after = resident_bytes();
    gate.close();
    done.wait();
    (after - before) / PARKED as f64
}

fn preemption() -> f64 {
    let [a, b] = spinners().map(spawn);
    switches(
        &a.join().expect("a spinner does not panic"),
        &b.join().expect("a spinner does not panic"),
    )
}
