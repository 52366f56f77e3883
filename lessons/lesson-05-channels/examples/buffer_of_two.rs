//! Four messages through a buffer of two, and a receiver that is slow.
//!
//! The sender has one message every half second, the receiver begins after one and
//! then takes one and a half for each. So the buffer fills up, and from the third
//! message on the sender waits until there is room.

use std::process::ExitCode;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::sync::WaitGroup;
use marmota::time::{self, Instant};

fn sender(out: &Sender<u32>, start: Instant) {
    for message in 1..=4 {
        out.send(message);
        println!("{:3.1} s sender: {message} is sent", seconds(start));
        time::sleep(Duration::from_millis(500));
    }
}

fn receiver(inbox: &Receiver<u32>, start: Instant) {
    time::sleep(Duration::from_millis(1_000));
    for _ in 0..4 {
        let (len, capacity) = (inbox.len(), inbox.capacity());
        println!(
            "{:3.1} s receiver: {len}/{capacity} in the buffer",
            seconds(start)
        );
        if let Some(message) = inbox.recv() {
            println!("{:3.1} s receiver: works on {message}", seconds(start));
        }
        time::sleep(Duration::from_millis(1_500));
    }
}

fn seconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64()
}

fn buffer() {
    let (out, inbox) = marmota::chan(2);
    let start = time::now();
    let group = WaitGroup::new();
    group.go(move || sender(&out, start));
    group.go(move || receiver(&inbox, start));
    group.wait();
}

fn main() -> ExitCode {
    marmota_grader::play(buffer)
}
