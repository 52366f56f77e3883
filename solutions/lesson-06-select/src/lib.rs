//! The reference of lesson 06. `cargo xtask solution 6` shows it file by file.

pub mod merge;
pub mod monitor;
pub mod offer;
pub mod timeout;
pub mod worker;
