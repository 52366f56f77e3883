//! The course command line.

fn main() {}
