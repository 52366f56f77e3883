//! The bathroom: a Mutex, three people, two seconds each (seed program 002-3).
//!
//! The mutex holds no value, since what it protects is a room. Who waits for it is
//! parked: with `--virtual` the six seconds take no time at all.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use marmota::sync::{Mutex, WaitGroup};
use marmota::time;

fn bar() {
    let (door, start) = (Arc::new(Mutex::new(())), time::now());
    let group = WaitGroup::new();
    for person in 1..=3 {
        let door = Arc::clone(&door);
        group.go(move || {
            let say = |what| println!("{} s: person {person} {what}", start.elapsed().as_secs());
            say("waits");
            let inside = door.lock();
            say("enters");
            time::sleep(Duration::from_secs(2));
            say("leaves");
            drop(inside);
        });
    }
    group.wait();
    println!("{} s: all were inside", start.elapsed().as_secs());
}

fn main() -> ExitCode {
    marmota_grader::play(bar)
}
