//! What is graded in lesson 04.
//!
//! What must happen once counts how often it happened, and gives way in its middle, so
//! that others can come in between. What was seen inside is told at the end: a panic
//! inside would be one of the things under test. Time is virtual.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod common;
mod engine_test;
mod lazy_test;
mod own_test;
mod registry_test;
mod shutdown_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    engine_test::add_to(&mut suite);
    lazy_test::add_to(&mut suite);
    shutdown_test::add_to(&mut suite);
    registry_test::add_to(&mut suite);
    own_test::add_to(&mut suite);
    suite.run()
}
