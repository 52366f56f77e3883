//! Lesson 01: goroutines.
//!
//! Five exercises, from one line to a small program. Each file says what to
//! build and what is graded; replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 1          grade it
//! cargo xtask hint 1           when you are stuck
//! ```
//!
//! Your functions run on a goroutine. Nothing here needs a thread, a clock of the
//! system, or `unsafe`.

pub mod background;
pub mod both;
pub mod counters;
pub mod health;
pub mod map;
