//! What a graded test can end with, and how the end is handed over.
//!
//! Two programs share this crate and nothing else: the graded test of a lesson,
//! which runs the learner's code, and `cargo xtask`, which starts it and reads
//! what it says. It is small on purpose: it stands between a fresh clone and
//! the first verdict.
//!
//! ```text
//!  cargo xtask check            graded test, one process a test
//!  ┌──────────────┐  request   ┌────────────────────────────────┐
//!  │ nonce, test  ├───stdin───►│ reads it all, then and only    │
//!  │              │            │ then runs the learner's code   │
//!  │ verdict      │◄──private──┤ reply: nonce, report           │
//!  └──────────────┘    pipe    └────────────────────────────────┘
//! ```
//!
//! Invariants
//! 1. A verdict comes over the private pipe or not at all. What a test prints
//!    never counts.
//! 2. A reply carries the nonce of its request. The nonce is gone from the
//!    test's standard input before the learner's code starts.
//! 3. One request, one reply, and the process ends with that verdict's exit
//!    status. Anything else (no reply, two, another test's name, another
//!    status) is itself a verdict, and never [`Verdict::Passed`].

mod protocol;
mod report;
mod verdict;

pub use protocol::{CHANNEL_VARIABLE, Reply, Request, Task};
pub use report::{Place, TestInfo, TestReport, Waiting};
pub use verdict::{UnknownVerdict, Verdict};
