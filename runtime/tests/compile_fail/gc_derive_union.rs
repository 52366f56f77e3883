//! Nothing says which field of a union holds the edges.

#[derive(marmota::gc::Trace)]
union Either {
    number: u64,
    letter: char,
}

fn main() {}
