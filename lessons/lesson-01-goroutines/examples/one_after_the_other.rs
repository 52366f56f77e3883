//! Two counters, called one after the other (seed program 000-3).
//!
//! Each rests for a second after each number, so this takes ten seconds. With
//! `--virtual` it runs on the deterministic runtime, where seconds cost nothing
//! and are counted all the same.

use std::process::ExitCode;
use std::time::Duration;

use marmota::time;

fn count(who: &str) {
    for number in 0..5 {
        println!("{who} {number}");
        time::sleep(Duration::from_secs(1));
    }
}

fn counters() {
    let start = time::now();
    count("a");
    count("b");
    println!("{} s", start.elapsed().as_secs());
}

fn main() -> ExitCode {
    marmota_grader::play(counters)
}
