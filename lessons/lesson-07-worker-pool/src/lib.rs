//! Lesson 07: worker pool.
//!
//! Much work, few goroutines. Six exercises, of which the last is a small program.
//! Each file says what to build and what is graded; replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 7          grade it
//! cargo xtask hint 7           when you are stuck
//! ```

pub mod balance;
pub mod crawl;
pub mod limit;
pub mod order;
pub mod rated;
pub mod workers;

/// A piece of work that runs once, on any goroutine.
pub type Job = Box<dyn FnOnce() + Send>;
