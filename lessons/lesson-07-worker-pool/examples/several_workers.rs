//! Ten messages, each of which takes a worker a second, and one worker, or two, or five.
//!
//! The channel has no buffer, so main waits at each send until a worker takes the message:
//! with one worker it sends as fast as that one works. Ten seconds, then five, then two.
//! Main closes the channel and waits for the workers; see `last_message` for what happens
//! if it does not. The number is the argument; with `--virtual` no second is really
//! waited for.

use std::process::ExitCode;
use std::time::Duration;

use marmota::Receiver;
use marmota::sync::WaitGroup;
use marmota::time;

fn worker(id: usize, messages: &Receiver<u32>) {
    for message in messages {
        println!("worker {id}: message {message}");
        time::sleep(Duration::from_secs(1));
    }
}

fn program() {
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let workers: usize = given.unwrap_or(1);
    let start = time::now();
    let (tx, rx) = marmota::chan(0);
    let group = WaitGroup::new();
    for id in 1..=workers {
        let rx = rx.clone();
        group.go(move || worker(id, &rx));
    }
    for message in 0..10 {
        tx.send(message);
    }
    println!("all taken after {} s", start.elapsed().as_secs());
    tx.close();
    group.wait();
    println!("all done after {} s", start.elapsed().as_secs());
}

fn main() -> ExitCode {
    marmota_grader::play(program)
}
