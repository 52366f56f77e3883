//! A context goes from goroutine to goroutine, and so does what is in it. An `Rc` must stay
//! on its thread: it cannot be put in. (Go lets one put in anything, a map without a lock
//! for example.)

use std::rc::Rc;

use marmota::context;

#[marmota::main]
fn main() {
    let _ctx = context::with_value(&context::background(), Rc::new(7));
}
