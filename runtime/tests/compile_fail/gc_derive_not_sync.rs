//! What lies in the heap is shared: no Cell, no Rc.

use marmota::gc::{Gc, Trace};

#[derive(Trace)]
struct Counter {
    #[trace(skip)]
    count: std::cell::Cell<u64>,
}

fn main() {
    let _ = Gc::new(Counter { count: std::cell::Cell::new(1) });
}
