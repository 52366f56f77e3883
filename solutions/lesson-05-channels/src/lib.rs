//! The reference of lesson 05. `cargo xtask solution 5` shows it file by file.

pub mod logs;
pub mod many;
pub mod produce;
pub mod queue;
pub mod stages;
