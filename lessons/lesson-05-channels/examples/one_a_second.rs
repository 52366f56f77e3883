//! A producer sends a number a second, main ranges over them.
//!
//! The first number is 0. With `slow` among the arguments main takes three seconds
//! for each: the producer cannot run ahead, because a send on a channel of capacity
//! 0 waits until the value is taken.

use std::process::ExitCode;
use std::time::Duration;

use marmota::time;

fn numbers() {
    let pause = if std::env::args().any(|argument| argument == "slow") {
        Duration::from_secs(3)
    } else {
        Duration::ZERO
    };
    let start = time::now();
    let (queue, values) = marmota::chan(0);
    marmota::go(move || {
        for number in 0..5 {
            time::sleep(Duration::from_secs(1));
            queue.send(number);
        }
        queue.close();
    });
    for number in values {
        println!("{number} after {} s", start.elapsed().as_secs());
        time::sleep(pause);
    }
}

fn main() -> ExitCode {
    marmota_grader::play(numbers)
}
