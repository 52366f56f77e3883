//! A WaitGroup over three goroutines (seed program 002-2).
//!
//! Their lines come in any order, the last line always comes last: no sleep, no
//! luck. The count goes up before each start, in the goroutine that will wait.

use marmota::sync::WaitGroup;

#[marmota::main]
fn main() {
    let group = WaitGroup::new();
    for id in 1..=3 {
        group.add(1);
        let group = group.clone();
        marmota::go(move || {
            println!("goroutine {id} runs");
            group.done();
        });
    }
    group.wait();
    println!("all goroutines have ended");
}
