//! A select over two channels and a timeout, and one with a default.
//!
//! The first message comes after one second, the second after two, the timeout would
//! come after three. The channels have room for one message: who comes when nobody
//! listens any more can still put it down, and end.

use std::process::ExitCode;
use std::time::Duration;

use marmota::{select, time};

fn first_of_three() {
    let start = time::now();
    let (one, from_one) = marmota::chan(1);
    let (two, from_two) = marmota::chan(1);
    marmota::go(move || {
        time::sleep(Duration::from_secs(1));
        one.send("message one");
    });
    marmota::go(move || {
        time::sleep(Duration::from_secs(2));
        two.send("message two");
    });
    select! {
        message = <-from_one => println!("from one: {}", message.unwrap_or("closed")),
        message = <-from_two => println!("from two: {}", message.unwrap_or("closed")),
        <-time::after(Duration::from_secs(3)) => println!("no message in time"),
    }
    println!("after {} s", start.elapsed().as_secs());

    let (_nobody_sends, empty) = marmota::chan::<&str>(0);
    select! {
        message = <-empty => println!("from three: {}", message.unwrap_or("closed")),
        default => println!("nothing from three at this moment"),
    }
    // The second message is still to come.
    time::sleep(Duration::from_secs(2));
}

fn main() -> ExitCode {
    marmota_grader::play(first_of_three)
}
