//! The reference of lesson 02. `cargo xtask solution 2` shows it file by file.

pub mod all;
pub mod gather;
pub mod own;
pub mod phases;
pub mod usage;

/// A piece of work that runs once, on any goroutine.
pub type Job = Box<dyn FnOnce() + Send>;
