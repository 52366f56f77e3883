//! An `Rc` counts without a lock, so it must stay on its thread; a goroutine does not.

use std::rc::Rc;

#[marmota::main]
fn main() {
    let message = Rc::new("hello");
    let captured = Rc::clone(&message);
    marmota::go(move || println!("{captured}"));
    println!("{message}");
}
