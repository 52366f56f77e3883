//! Lesson 02: WaitGroup.
//!
//! Four exercises with [`marmota::sync::WaitGroup`], and then you write it. Each
//! file says what to build and what is graded; replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 2          grade it
//! cargo xtask hint 2           when you are stuck
//! ```

pub mod all;
pub mod gather;
pub mod own;
pub mod phases;
pub mod usage;

/// A piece of work that runs once, on any goroutine.
pub type Job = Box<dyn FnOnce() + Send>;
