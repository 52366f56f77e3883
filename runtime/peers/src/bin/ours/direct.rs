//! Figures that are not a duration divided by a count.

use marmota::net::TcpListener;
use marmota::{chan, go, runtime, spawn, sync::WaitGroup};
use marmota_peers::direct::{requests, resident_bytes, spinners, switches};
use marmota_peers::harness::Bench;
use marmota_peers::rows::PARKED;

pub const ROWS: &[Bench] = &[
    Bench::direct("http", http),
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

#[path = "../../../../examples/http_hello/server.rs"]
mod server;

fn http() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    go(move || server::serve(&listener));
    runtime::blocking(|| requests(addr))
}

fn preemption() -> f64 {
    let [a, b] = spinners().map(spawn);
    switches(
        &a.join().expect("a spinner does not panic"),
        &b.join().expect("a spinner does not panic"),
    )
}
