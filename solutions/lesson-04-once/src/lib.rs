//! The reference of lesson 04. `cargo xtask solution 4` shows it file by file.

pub mod engine;
pub mod lazy;
pub mod own;
pub mod registry;
pub mod shutdown;
