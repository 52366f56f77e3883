//! A producer that can only send, a consumer that can only receive, and the close.
//!
//! The producer closes when it is through; that ends the consumer's loop. Main waits
//! for the consumer, and so for both.

use std::process::ExitCode;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::time;

fn producer(out: &Sender<u32>) {
    for number in 0..10 {
        out.send(number);
        time::sleep(Duration::from_millis(100));
    }
    out.close();
}

fn consumer(inbox: Receiver<u32>) {
    for number in inbox {
        println!("works on {number}");
    }
    println!("the channel is closed");
}

fn produce_and_consume() {
    let (out, inbox) = marmota::chan(0);
    marmota::go(move || producer(&out));
    let consumed = marmota::spawn(move || consumer(inbox));
    consumed.join().expect("println does not panic");
}

fn main() -> ExitCode {
    marmota_grader::play(produce_and_consume)
}
