//! Main sleeps, and the goroutine has its turn meanwhile (seed program 000-2).
//!
//! The sleep is a bet: it is long enough here and today. Nothing in the program
//! says that it is long enough everywhere and always.

use std::time::Duration;

fn count(who: &str) {
    for number in 0..5 {
        println!("{who} {number}");
    }
}

#[marmota::main]
fn main() {
    count("main");
    marmota::go(|| count("goroutine"));
    println!("Hello 1");
    println!("Hello 2");
    marmota::time::sleep(Duration::from_secs(1));
    println!("the end");
}
