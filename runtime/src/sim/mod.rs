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
//!   explore.rs   many runs: portfolio, budget     schedule.rs  a schedule's name
//!   driver.rs    one run: who is next, time       ledger.rs    its goroutines' steps
//!   strategy/    who goes next                    rng.rs       decisions from a seed
//!   shrink.rs    a failure with few moves         record.rs    what happened in a run
//!   report.rs    what came of it                  blocked.rs   who waits for whom
//!   trace.rs     what happened, lane by lane      lanes.rs, svg.rs   as a picture
//!   seam.rs      what the kernel asks of it       wait.rs      until all others wait
//!   hooks.rs     what primitives tell
//! ```

mod blocked;
pub(crate) mod driver;
mod explore;
pub(crate) mod hooks;
mod lanes;
mod ledger;
mod record;
mod report;
mod rng;
mod schedule;
mod seam;
mod shrink;
mod strategy;
mod svg;
mod trace;
mod wait;

pub use explore::{Explorer, Search, explore, run};
pub use report::{Blocked, Held, PanicInfo, Partner, Place, Report, Verdict};
pub use trace::Trace;
pub use wait::wait;

#[cfg(test)]
mod tests;
