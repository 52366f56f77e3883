//! Lesson 06: select.
//!
//! Five exercises with [`marmota::select!`], from one that never waits to one that
//! waits for four things at once. Each file says what to build and what is graded;
//! replace its `todo!()`. Then:
//!
//! ```text
//! cargo xtask check 6          grade it
//! cargo xtask hint 6           when you are stuck
//! ```

pub mod merge;
pub mod monitor;
pub mod offer;
pub mod timeout;
pub mod worker;
