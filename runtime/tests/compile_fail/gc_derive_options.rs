//! The attribute has one option, and goes on a field.

use marmota::gc::Trace;

#[derive(Trace)]
struct Wrong {
    #[trace(ignore)]
    field: u64,
}

#[derive(Trace)]
#[trace(skip)]
struct Misplaced(u64);

#[derive(Trace)]
enum OnVariant {
    #[trace(skip)]
    One(u64),
}

fn main() {}
