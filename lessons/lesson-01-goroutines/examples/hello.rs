//! A goroutine that prints, and a main that does or does not wait (seed program
//! 002-1).
//!
//! `--example hello` shows nothing of the goroutine (on one processor; on more it
//! may be quick enough). `--example hello -- sleep` gives it time. The right way,
//! `--example hello -- join`, waits for it and for nothing else.

use std::time::Duration;

#[marmota::main]
fn main() {
    let hello = marmota::spawn(|| println!("hello from a goroutine"));
    match std::env::args().nth(1).as_deref() {
        Some("sleep") => marmota::time::sleep(Duration::from_millis(100)),
        Some("join") => hello.join().expect("println does not panic"),
        _ => println!("main returns at once"),
    }
}
