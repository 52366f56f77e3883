//! A traced type has no destructor: it would see neighbours that are gone.

use marmota::gc::{Gc, Trace};

#[derive(Trace)]
struct Node {
    next: Option<Gc<Node>>,
}

impl Drop for Node {
    fn drop(&mut self) {
        println!("{}", self.next.is_some());
    }
}

fn main() {}
