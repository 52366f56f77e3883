//! Thread-locals in goroutines: what breaks the promise, and what keeps it.

use marmota::Sender;
use std::cell::RefCell;

thread_local! {
    static NAME: RefCell<String> = RefCell::new("marmot".to_owned());
}

#[expect(
    dead_code,
    reason = "it compiles, which is the trouble; nobody may call it"
)]
// ANCHOR: wrong
// Wrong: the borrow of this thread's NAME is alive while `send` waits.
fn wrong(tx: &Sender<String>) {
    NAME.with(|name| tx.send(name.borrow().clone()));
}
// ANCHOR_END: wrong

// ANCHOR: right
// Right: the borrow ends before the wait begins.
fn right(tx: &Sender<String>) {
    let name = NAME.with(|name| name.borrow().clone());
    tx.send(name);
}
// ANCHOR_END: right

#[marmota::main]
fn main() {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || right(&tx));
    println!("{}", rx.recv().unwrap());
}
