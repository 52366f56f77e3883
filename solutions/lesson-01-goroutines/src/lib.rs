//! The reference of lesson 01. `cargo xtask solution 1` shows it file by file.

pub mod background;
pub mod both;
pub mod counters;
pub mod health;
pub mod map;
