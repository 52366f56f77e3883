//! Lesson 08: context.
//!
//! An end that goes from caller to callee, a deadline, and values. Six exercises: five use
//! [`marmota::context`], one of them a small program; in the last you write its heart.
//! Each file says what to build and what is graded; replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 8          grade it
//! cargo xtask hint 8           when you are stuck
//! ```

pub mod budget;
pub mod group;
pub mod handler;
pub mod retry;
pub mod tree;
pub mod worker;
