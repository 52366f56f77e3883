//! Lesson 04: Once.
//!
//! Four exercises about things that happen one time, with
//! [`marmota::sync::Once`] and without it, and then you write it. Each file says what
//! to build and what is graded; replace its `todo!()`s. Then:
//!
//! ```text
//! cargo xtask check 4          grade it
//! cargo xtask hint 4           when you are stuck
//! ```

pub mod engine;
pub mod lazy;
pub mod own;
pub mod registry;
pub mod shutdown;
