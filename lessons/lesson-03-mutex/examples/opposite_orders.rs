//! Two locks in opposite orders (seed program 003-6): a deadlock, found and explained.
//!
//! One goroutine takes A and then B, the other B and then A. Most runs go well. The
//! deterministic runtime looks for one that does not, and tells who holds what and who
//! waits for whom. With one order for both there is none to be found: it has seen
//! every order of steps there is.

use std::sync::Arc;

use marmota::sim::{self, Explorer, Search};
use marmota::sync::Mutex;

// ANCHOR: opposite
fn opposite_orders() {
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = marmota::spawn(move || {
        let second = b2.lock();
        let first = a2.lock();
        assert_eq!(*first + *second, 3);
    });
    let first = a.lock();
    let second = b.lock();
    assert_eq!(*first + *second, 3);
    drop((first, second));
    other.join().expect("the other adds up as well");
}
// ANCHOR_END: opposite

// ANCHOR: same
fn one_order() {
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = marmota::spawn(move || {
        let first = a2.lock();
        let second = b2.lock();
        assert_eq!(*first + *second, 3);
    });
    let first = a.lock();
    let second = b.lock();
    assert_eq!(*first + *second, 3);
    drop((first, second));
    other.join().expect("the other adds up as well");
}
// ANCHOR_END: same

fn main() {
    println!("opposite orders: {}\n", sim::explore(opposite_orders));
    let every_order = Explorer::new().strategy(Search::Exhaustive);
    println!("one order: {}", every_order.run(one_order));
}
