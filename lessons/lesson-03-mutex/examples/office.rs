//! The office network: six users, one technician (seed program 002-4).
//!
//! Users hold the lock as readers, for as long as they are on the network, and do so
//! side by side. The technician writes: waits until all are off, and is alone. Who
//! comes while he waits, waits behind him. Run it with `--virtual`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use marmota::sync::{RwMutex, WaitGroup};
use marmota::time::{self, Instant};

/// Is on the network three times, for so many seconds, with a rest in between.
fn user(router: &RwMutex<u32>, number: u64, seconds: u64, start: Instant) {
    for _ in 0..3 {
        let restarts = router.read();
        say(
            start,
            &format!("user {number} is on (restarts: {restarts})"),
        );
        time::sleep(Duration::from_secs(seconds));
        say(start, &format!("user {number} is off"));
        drop(restarts);
        time::sleep(Duration::from_secs(1));
    }
}

fn technician(router: &RwMutex<u32>, start: Instant) {
    time::sleep(Duration::from_millis(3500));
    say(start, "the technician waits");
    let mut restarts = router.write();
    say(start, "the technician restarts the router");
    time::sleep(Duration::from_secs(5));
    *restarts += 1;
    say(start, "the technician is done");
}

fn say(start: Instant, what: &str) {
    println!("{:4.1} s: {what}", start.elapsed().as_secs_f64());
}

fn office() {
    let (router, start) = (Arc::new(RwMutex::new(0)), time::now());
    let group = WaitGroup::new();
    for number in 1..=6 {
        let router = Arc::clone(&router);
        group.go(move || user(&router, number, 1 + number % 3, start));
    }
    let theirs = Arc::clone(&router);
    group.go(move || technician(&theirs, start));
    group.wait();
    println!("all is done, after {} restart", router.read());
}

fn main() -> ExitCode {
    marmota_grader::play(office)
}
