//! `select!` and `Select`, sentence by sentence of the specification.

#[path = "../common/mod.rs"]
mod common;

mod choice;
mod dynamic;
mod syntax;
mod waiting;
