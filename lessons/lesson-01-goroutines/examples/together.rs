//! Two counters, each on a goroutine of its own (seed program 000-4).
//!
//! Their rests overlap: both are through after five seconds. Each keeps its own
//! order; which of the two comes first within a second is left open. Main sleeps
//! for ten, as in the notes: twice as long as it has to, because a sleep does not
//! know when they are done. With `--virtual` no second is really waited for.

use std::process::ExitCode;
use std::time::Duration;

use marmota::time;

fn count(who: &str, start: time::Instant) {
    for number in 0..5 {
        println!("{who} {number}");
        time::sleep(Duration::from_secs(1));
    }
    println!("{who} is through after {} s", start.elapsed().as_secs());
}

fn counters() {
    let start = time::now();
    marmota::go(move || count("a", start));
    marmota::go(move || count("b", start));
    time::sleep(Duration::from_secs(10));
    println!("main returns after {} s", start.elapsed().as_secs());
}

fn main() -> ExitCode {
    marmota_grader::play(counters)
}
