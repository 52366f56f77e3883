//! Sender and receiver on a channel of capacity 0: they meet.
//!
//! The sender prepares its message for two seconds; the receiver is there at once,
//! and waits. Both go on at the same moment, so which of the last two lines comes
//! first is left open.

use std::process::ExitCode;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::sync::WaitGroup;
use marmota::time;

fn sender(out: &Sender<&str>) {
    println!("sender: prepares a message");
    time::sleep(Duration::from_secs(2));
    out.send("hello, receiver");
    println!("sender: the message was taken");
}

fn receiver(inbox: &Receiver<&str>) {
    let start = time::now();
    println!("receiver: is ready");
    let message = inbox.recv().unwrap_or("nothing");
    println!(
        "receiver: got `{message}` after {} s",
        start.elapsed().as_secs()
    );
}

fn meet() {
    let (out, inbox) = marmota::chan(0);
    let group = WaitGroup::new();
    group.go(move || sender(&out));
    group.go(move || receiver(&inbox));
    group.wait();
}

fn main() -> ExitCode {
    marmota_grader::play(meet)
}
