//! What is graded in lesson 08.
//!
//! Time is virtual: "at once" means at the same moment on that clock, and an hour passes
//! only when all rest. That an end reaches somebody is shown by letting them wait for it:
//! if it does not, they wait for ever.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod budget_test;
mod common;
mod group_test;
mod handler_test;
mod retry_test;
mod tree_test;
mod worker_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    retry_test::add_to(&mut suite);
    worker_test::add_to(&mut suite);
    budget_test::add_to(&mut suite);
    group_test::add_to(&mut suite);
    handler_test::add_to(&mut suite);
    tree_test::add_to(&mut suite);
    suite.run()
}
