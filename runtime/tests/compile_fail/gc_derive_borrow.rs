//! What lies in the heap borrows nothing.

#[derive(marmota::gc::Trace)]
struct View<'a> {
    text: &'a str,
}

fn main() {}
