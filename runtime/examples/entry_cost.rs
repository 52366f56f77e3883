//! What it costs to enter and leave the runtime: the price of the claim protocol, paid
//! by every operation. Best of several runs, in nanoseconds.
//!
//! `cargo run --release -p marmota --example entry_cost`

use marmota::sync::Mutex;
use std::hint::black_box;
use std::time::Instant;

const CALLS: u32 = 5_000_000;

fn best(what: &str, mut f: impl FnMut()) {
    let per_call = (0..9)
        .map(|_| {
            let start = Instant::now();
            (0..CALLS).for_each(|_| f());
            start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
        })
        .fold(f64::INFINITY, f64::min);
    println!("{what}: {per_call:.2} ns");
}

#[marmota::main]
fn main() {
    best("nothing", || _ = black_box(0));
    best("enter, look who I am, leave", || {
        _ = black_box(marmota::kernel::current());
    });
    let mutex = Mutex::new(0u64);
    best("lock and unlock a free Mutex (two entries)", || {
        *mutex.lock() += 1;
    });
    let (tx, rx) = marmota::chan(1);
    best("send and receive, buffered (two entries)", || {
        tx.send(1);
        black_box(rx.recv());
    });
    best("gosched with nobody else", marmota::runtime::gosched);
}
