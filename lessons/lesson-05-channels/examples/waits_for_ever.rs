//! Main waits for a value that nobody sends, while a goroutine runs in a circle.
//!
//! This program does not end, and the runtime does not complain: a goroutine still
//! runs, so somebody might send after all. `--virtual` runs it on the deterministic
//! runtime, which gives up after a million steps.

use std::process::ExitCode;

fn waits() {
    let (_nobody_sends, for_ever) = marmota::chan::<()>(0);
    marmota::go(|| {
        loop {
            marmota::runtime::gosched();
        }
    });
    println!("main waits for ever");
    for_ever.recv();
}

fn main() -> ExitCode {
    marmota_grader::play(waits)
}
