//! Lesson 05: channels.
//!
//! Four exercises with [`marmota::chan()`], and then you write what is inside of it.
//! Each file says what to build and what is graded; replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 5          grade it
//! cargo xtask hint 5           when you are stuck
//! ```

pub mod logs;
pub mod many;
pub mod produce;
pub mod queue;
pub mod stages;
