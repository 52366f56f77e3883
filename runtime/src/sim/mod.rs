//! Deterministic runs: a whole runtime on one thread, every decision chosen.
//!
//! Concurrent code has as many executions as there are orders in which goroutines
//! may take their steps; a test that runs once sees one of them. Here the same
//! user code, on the same primitives, runs under a driver that decides who goes
//! next, which ready case a select takes, and what time it is; the decisions
//! follow from a seed. [`explore`] runs it under many seeds and reports the first
//! failure with the one line that replays it.
//!
//! Time is virtual: it starts at 2000-01-01 00:00 UTC and jumps to the next timer
//! when nothing can run. What the driver does not control must stay out: real
//! I/O, threads, the wall clock, randomness of one's own.
//!
//! ```
//! use marmota::sim::{self, Verdict};
//! let report = sim::explore(|| {
//!     let (tx, rx) = marmota::chan::<i32>(0);
//!     let held = tx.clone();
//!     marmota::go(move || tx.send(1));
//!     rx.recv();
//!     rx.recv(); // nobody sends again
//!     drop(held);
//! });
//! assert!(matches!(report.verdict, Verdict::Deadlock(_)));
//! println!("{report}");
//! ```
//!
//! ```text
//!   explore.rs   many runs, budget, replay          report.rs  what came of it
//!   driver.rs    one run: who is next, time          rng.rs     decisions from a seed
//! ```

pub(crate) mod driver;
mod explore;
mod report;
mod rng;

pub use explore::{Explorer, explore, run};
pub use report::{Blocked, PanicInfo, Place, Report, Verdict};

#[cfg(test)]
mod tests;
