//! The reference of lesson 03. `cargo xtask solution 3` shows it file by file.

pub mod bank;
pub mod bathroom;
pub mod network;
pub mod own;
pub mod tally;
