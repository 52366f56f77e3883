//! What the race detector costs, on and off: the same loops in processes with
//! `MARMOTA_RACE=1` and without, in turns, the best of five each.
//!
//! ```text
//! cargo run --release -p marmota --example race_cost
//! ```

use marmota::race::RaceCell;
use marmota::sync::{Mutex, WaitGroup};
use marmota::{Runtime, chan, go};
use std::process::Command;
use std::time::Instant;

const TURNS: usize = 5;

/// A name, how many operations, and a loop that does them.
type Row = (&'static str, u64, fn(u64));

const ROWS: [Row; 6] = [
    ("Mutex, lock and unlock", 2_000_000, lock),
    ("buffered channel, send and receive", 1_000_000, buffered),
    ("unbuffered channel, to and fro", 200_000, ping_pong),
    ("start a goroutine and wait for it", 200_000, start),
    ("WaitGroup, add and done", 2_000_000, add_done),
    ("RaceCell, write and read", 1_000_000, cell),
];

fn main() {
    if std::env::args().any(|word| word == "--rows") {
        return in_child();
    }
    let me = std::env::current_exe().expect("this program has a path");
    let mut best = [[f64::INFINITY; 2]; ROWS.len()];
    for _ in 0..TURNS {
        for on in [0, 1] {
            let child = Command::new(&me)
                .arg("--rows")
                .env("MARMOTA_RACE", ["0", "1"][on])
                .output()
                .expect("this program can run itself");
            let text = String::from_utf8_lossy(&child.stdout);
            let figures = text.lines().filter_map(|line| line.parse::<f64>().ok());
            for (row, ns) in best.iter_mut().zip(figures) {
                row[on] = row[on].min(ns);
            }
        }
    }
    println!(
        "{:38}{:>9}{:>9}{:>8}",
        "ns an operation", "off", "on", "ratio"
    );
    for ((name, ..), [off, on]) in ROWS.iter().zip(best) {
        println!("{name:38}{off:>9.1}{on:>9.1}{:>8.1}", on / off);
    }
}

fn in_child() {
    for (_, n, run) in ROWS {
        let rt = Runtime::builder().procs(1).build().expect("one processor");
        // SAFETY: the loops hold no thread-local's borrow across a call that may block.
        let took = unsafe {
            rt.run(move || {
                run(n / 10);
                let begin = Instant::now();
                run(n);
                begin.elapsed()
            })
        };
        println!("{}", took.as_nanos() as f64 / n as f64);
    }
}

fn lock(n: u64) {
    let count = Mutex::new(0);
    (0..n).for_each(|_| *count.lock() += 1);
}

fn buffered(n: u64) {
    let (tx, rx) = chan(1);
    for i in 0..n {
        tx.send(i);
        rx.recv();
    }
}

fn ping_pong(n: u64) {
    let ((ping, from_ping), (pong, from_pong)) = (chan(0), chan(0));
    go(move || {
        for value in from_ping {
            pong.send(value);
        }
    });
    for i in 0..n {
        ping.send(i);
        from_pong.recv();
    }
    ping.close();
}

fn start(n: u64) {
    let group = WaitGroup::new();
    for _ in 0..n {
        group.go(|| {});
        group.wait();
    }
}

fn add_done(n: u64) {
    let group = WaitGroup::new();
    for _ in 0..n {
        group.add(1);
        group.done();
    }
}

fn cell(n: u64) {
    let cell = RaceCell::new(0);
    for i in 0..n {
        cell.set(i);
        cell.get();
    }
}
