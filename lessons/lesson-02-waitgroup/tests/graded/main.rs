//! What is graded in lesson 02.
//!
//! "All have ended" is looked at right after a function returns, in a thousand
//! schedules; "at the same time" is shown by jobs that wait for each other.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod all_test;
mod common;
mod gather_test;
mod own_test;
mod phases_test;
mod usage_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    all_test::add_to(&mut suite);
    gather_test::add_to(&mut suite);
    phases_test::add_to(&mut suite);
    usage_test::add_to(&mut suite);
    own_test::add_to(&mut suite);
    suite.run()
}
