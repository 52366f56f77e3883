//! A panic in a goroutine: caught by the one who joins it, or the end of the program.

use marmota::{go, runtime, spawn};

#[marmota::main]
fn main() {
    let outcome = spawn(|| panic!("out of paper")).join();
    println!("joined: it panicked: {}", outcome.is_err());

    go(|| panic!("out of ink"));
    loop {
        runtime::gosched();
    }
}
