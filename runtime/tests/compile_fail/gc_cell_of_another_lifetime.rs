//! A cell is changed by a shared reference: for what it holds no other lifetime will do.

use marmota::gc::{Gc, GcCell, GcVec};
use std::sync::Arc;

type Any = Arc<dyn for<'a> Fn(&'a str) + Send + Sync>;
type Only = Arc<dyn Fn(&'static str) + Send + Sync>;

fn cell(cell: &GcCell<Gc<Any>>) -> &GcCell<Gc<Only>> {
    cell
}

fn vec(vec: &GcVec<Gc<Any>>) -> &GcVec<Gc<Only>> {
    vec
}

fn main() {}
