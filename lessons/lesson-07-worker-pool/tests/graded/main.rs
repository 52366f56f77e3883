//! What is graded in lesson 07.
//!
//! How many run at the same time is counted by the jobs themselves (`Gauge`); that so
//! many can is shown by jobs that wait for each other. Time is virtual: an hour passes
//! when all rest, and never while somebody keeps asking.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod balance_test;
mod common;
mod crawl_test;
mod limit_test;
mod order_test;
mod rated_test;
mod workers_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    workers_test::add_to(&mut suite);
    order_test::add_to(&mut suite);
    limit_test::add_to(&mut suite);
    balance_test::add_to(&mut suite);
    rated_test::add_to(&mut suite);
    crawl_test::add_to(&mut suite);
    suite.run()
}
