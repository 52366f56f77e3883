//! Everybody waits, and nobody is left to end a wait.

use marmota::sync::WaitGroup;

#[marmota::main]
fn main() {
    let group = WaitGroup::new();
    group.add(2);
    let worker = group.clone();
    marmota::go(move || worker.done());
    group.wait(); // for the second `done`, which nobody will call
    println!("all are done");
}
