//! The reference of lesson 08. `cargo xtask solution 8` shows it file by file.

pub mod budget;
pub mod group;
pub mod handler;
pub mod retry;
pub mod tree;
pub mod worker;
