//! Two operations under a limit of two seconds: one takes a second, one three.
//!
//! With `unbuffered` among the arguments, the results go through channels of capacity
//! 0: the operation that comes late then never gets rid of its result.

use std::process::ExitCode;
use std::time::Duration;

use marmota::{select, time};

const LIMIT: Duration = Duration::from_secs(2);

fn operation(takes: u64) {
    let unbuffered = std::env::args().any(|argument| argument == "unbuffered");
    let start = time::now();
    let (done, result) = marmota::chan(usize::from(!unbuffered));
    marmota::go(move || {
        time::sleep(Duration::from_secs(takes));
        done.send(format!("the operation of {takes} s has succeeded"));
    });
    select! {
        result = <-result => println!("{}", result.unwrap_or_default()),
        <-time::after(LIMIT) => println!("the operation of {takes} s is late"),
    }
    println!("after {} s", start.elapsed().as_secs());
}

fn both() {
    operation(1);
    operation(3);
    // Time enough for the one that is late.
    time::sleep(Duration::from_secs(2));
}

fn main() -> ExitCode {
    marmota_grader::play(both)
}
