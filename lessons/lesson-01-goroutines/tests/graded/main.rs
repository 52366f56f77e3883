//! What is graded in lesson 01.
//!
//! Whether jobs ran at the same time is never measured: they meet, or one opens
//! what another waits for, so that a program in sequence cannot end. Time is the
//! virtual time of the deterministic runtime.
//!
//! A file an exercise, `EXERCISE_test.rs`.

mod background_test;
mod both_test;
mod counters_test;
mod health_test;
mod map_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    background_test::add_to(&mut suite);
    both_test::add_to(&mut suite);
    counters_test::add_to(&mut suite);
    map_test::add_to(&mut suite);
    health_test::add_to(&mut suite);
    suite.run()
}
