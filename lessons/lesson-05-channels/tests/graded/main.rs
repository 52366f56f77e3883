//! What is graded in lesson 05.
//!
//! "Everybody waits now" is an hour of virtual time: it passes only when nobody can
//! go on, and then at once. "At the same time" is shown by goroutines that wait for
//! each other.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod common;
mod logs_test;
mod many_test;
mod produce_test;
mod queue_test;
mod stages_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    produce_test::add_to(&mut suite);
    many_test::add_to(&mut suite);
    stages_test::add_to(&mut suite);
    logs_test::add_to(&mut suite);
    queue_test::add_to(&mut suite);
    suite.run()
}
