//! One channel, many workers: the simplest load balancer there is.
//!
//! Nobody assigns anything. Whoever is free receives, so the work spreads over all who are
//! free: twelve requests of a second each, four workers, three requests for each of them.
//! One worker is twice as slow as the others if an argument says so; then it gets fewer,
//! and nobody waits for it. With `--virtual` no second is really waited for.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use marmota::sync::{Mutex, WaitGroup};
use marmota::time;

const WORKERS: usize = 4;
const REQUESTS: u32 = 12;

fn program() {
    let one_is_slow = std::env::args().any(|argument| argument == "slow");
    let start = time::now();
    let served = Arc::new(Mutex::new([0; WORKERS]));
    let (tx, requests) = marmota::chan(0);
    let group = WaitGroup::new();
    for worker in 0..WORKERS {
        let (requests, served) = (requests.clone(), Arc::clone(&served));
        let pace = if one_is_slow && worker == 0 { 2 } else { 1 };
        group.go(move || {
            for _request in requests {
                time::sleep(Duration::from_secs(pace));
                served.lock()[worker] += 1;
            }
        });
    }
    for request in 0..REQUESTS {
        tx.send(request);
    }
    tx.close();
    group.wait();
    for (worker, served) in served.lock().iter().enumerate() {
        println!("worker {}: {served} requests", worker + 1);
    }
    println!("{} s", start.elapsed().as_secs());
}

fn main() -> ExitCode {
    marmota_grader::play(program)
}
