//! A generic type is traced if its parameters are.

use marmota::gc::{Gc, Trace};

struct Plain;

#[derive(Trace)]
struct Pair<T>(T, T);

fn boxed<T>(value: T) -> Gc<Pair<T>>
where
    T: Clone,
{
    Gc::new(Pair(value.clone(), value))
}

fn main() {
    let _ = Gc::new(Pair(Plain, Plain));
    let _ = boxed(1);
}
