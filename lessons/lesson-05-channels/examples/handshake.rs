//! Three things that channels of capacity 0 are good for: a handshake, an event in
//! time, and an end that several reach together.
//!
//! None of the values matters here. What matters is that somebody waited for them.

use std::process::ExitCode;
use std::time::Duration;

use marmota::time;

/// Each knows that the other is there before it goes on.
fn handshake() {
    let (ask, asked) = marmota::chan(0);
    let (answer, answered) = marmota::chan(0);
    let partner = marmota::spawn(move || {
        asked.recv();
        println!("partner: was asked, and answers");
        answer.send(());
    });
    println!("main: asks");
    ask.send(());
    answered.recv();
    println!("main: was answered");
    partner.join().expect("println does not panic");
}

/// Something happens at a time, and somebody waits for it.
fn timed_event() {
    let start = time::now();
    let (ring, bell) = marmota::chan(0);
    marmota::go(move || {
        time::sleep(Duration::from_secs(2));
        ring.send(());
    });
    bell.recv();
    println!("main: the bell rang after {} s", start.elapsed().as_secs());
}

/// Three goroutines end at different times; main goes on after the last.
fn finish() {
    let start = time::now();
    let (done, ended) = marmota::chan(0);
    for runner in 1..=3 {
        let done = done.clone();
        marmota::go(move || {
            time::sleep(Duration::from_secs(runner));
            done.send(runner);
        });
    }
    for runner in ended.iter().take(3) {
        println!("main: runner {runner} is there");
    }
    println!("main: all after {} s", start.elapsed().as_secs());
}

fn all_three() {
    handshake();
    timed_event();
    finish();
}

fn main() -> ExitCode {
    marmota_grader::play(all_three)
}
