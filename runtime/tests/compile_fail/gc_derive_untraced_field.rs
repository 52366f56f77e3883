//! A field whose type is not traced.

use marmota::gc::{Gc, Trace};

struct Plain;

#[derive(Trace)]
struct Node {
    next: Option<Gc<Node>>,
    plain: Plain,
}

#[derive(Trace)]
enum Choice {
    One(Vec<Plain>),
    Other { file: std::fs::File },
}

fn main() {}
