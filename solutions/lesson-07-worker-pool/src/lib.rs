//! The reference of lesson 07. `cargo xtask solution 7` shows it file by file.

pub mod balance;
pub mod crawl;
pub mod limit;
pub mod order;
pub mod rated;
pub mod workers;

/// A piece of work that runs once, on any goroutine.
pub type Job = Box<dyn FnOnce() + Send>;
