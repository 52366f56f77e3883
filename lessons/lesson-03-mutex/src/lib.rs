//! Lesson 03: Mutex and RWMutex.
//!
//! Four exercises with [`marmota::sync::Mutex`] and [`marmota::sync::RwMutex`], and
//! then you write the policy of the second. Each file says what to build and what is
//! graded; replace its `todo!()`s. Then:
//!
//! ```text
//! cargo xtask check 3          grade it
//! cargo xtask hint 3           when you are stuck
//! ```

pub mod bank;
pub mod bathroom;
pub mod network;
pub mod own;
pub mod tally;
