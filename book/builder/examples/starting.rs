//! The three ways to start a goroutine.

use marmota::{go, scope, spawn};

#[marmota::main]
fn main() {
    // ANCHOR: go
    go(|| println!("hello"));
    // ANCHOR_END: go

    // ANCHOR: spawn
    let handle = spawn(|| 6 * 7);
    let answer = handle.join().unwrap();
    // ANCHOR_END: spawn
    assert_eq!(answer, 42);

    // ANCHOR: scope
    let words = vec!["one", "two"];
    scope(|s| {
        for word in &words {
            s.go(move || println!("{word}"));
        }
    }); // waits here until both have ended
    // ANCHOR_END: scope
}
