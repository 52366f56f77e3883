//! What is graded in lesson 06.
//!
//! Time is virtual: an hour passes at once, but only when nobody can go on. So "an
//! hour later" also means "when all who could run have come to wait".
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod common;
mod merge_test;
mod monitor_test;
mod offer_test;
mod timeout_test;
mod worker_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    offer_test::add_to(&mut suite);
    merge_test::add_to(&mut suite);
    timeout_test::add_to(&mut suite);
    worker_test::add_to(&mut suite);
    monitor_test::add_to(&mut suite);
    suite.run()
}
