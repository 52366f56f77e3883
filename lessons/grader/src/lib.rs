//! What the graded tests of a lesson stand on.
//!
//! A lesson's `tests/graded/main.rs` is a program (`harness = false`) that lists its
//! tests in a [`Suite`]: those of an exercise stand in `EXERCISE_test.rs` beside it,
//! so that a place in a report says whose file it is, the learner's or a test's. Each test is a closure that runs on a whole runtime of
//! its own, on one thread, under at least a thousand schedules; the first
//! schedule that goes wrong decides, and can be replayed by its seed. There is
//! no sleeping, no wall clock and no luck in a grade: the same code gets the
//! same verdict on every machine.
//!
//! ```no_run
//! use marmota_grader::{Meeting, Suite, Verdict, expect_eq};
//!
//! fn main() -> std::process::ExitCode {
//!     let mut suite = Suite::new(file!());
//!     suite
//!         .test("both::meet", "two jobs that wait for each other", || {
//!             let meeting = Meeting::of(2);
//!             let other = meeting.clone();
//!             let a = marmota::spawn(move || meeting.arrive());
//!             let b = marmota::spawn(move || other.arrive());
//!             expect_eq("both ended well", &(a.join().is_ok(), b.join().is_ok()), &(true, true));
//!         })
//!         .on(Verdict::Deadlock, "the first job was waited for before the second started");
//!     suite.run()
//! }
//! ```
//!
//! The same program answers to two callers. `cargo xtask check` starts it once a
//! test and talks over a private channel (see `marmota-verdict`), so that a
//! test that hangs or ends the process takes only itself down. Without that
//! channel, under a plain `cargo test`, it runs its tests one after the other
//! and prints for a person. Nothing executed is a failure in both.

#[cfg(feature = "bench")]
pub mod bench;
mod channel;
mod example;
mod expect;
mod explore;
mod person;
mod play;
mod suite;
mod witness;

pub use example::example;
pub use expect::{expect, expect_eq};
pub use marmota_verdict::Verdict;
pub use play::play;
pub use suite::{Suite, Test};
pub use witness::{Gate, Log, Meeting, Ticket};
