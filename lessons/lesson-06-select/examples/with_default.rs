//! A select with a default does not wait, and it does not come back.
//!
//! The message comes two seconds later. Main is still there, asleep, but the select is
//! over: nobody receives any more, and the sender waits for ever. In a program that
//! ends here nobody notices; with `--virtual` the deterministic runtime does.

use std::process::ExitCode;
use std::time::Duration;

use marmota::{select, time};

fn look_once() {
    let (hello, inbox) = marmota::chan(0);
    marmota::go(move || {
        time::sleep(Duration::from_secs(2));
        hello.send("hello world");
    });
    select! {
        message = <-inbox => println!("{}", message.unwrap_or("closed")),
        default => println!("default"),
    }
    time::sleep(Duration::from_secs(5));
}

fn main() -> ExitCode {
    marmota_grader::play(look_once)
}
