//! What is graded in lesson 03.
//!
//! Whether somebody is alone is seen from the inside: everybody who is let in says so,
//! gives way to others, and looks who else is there. That somebody waits is seen from
//! the outside: `sim::wait` returns when nobody else can go on. Time is virtual.
//!
//! A file an exercise, `EXERCISE_test.rs`, and in `common.rs` what several use.

mod bank_test;
mod bathroom_test;
mod common;
mod network_test;
mod own_test;
mod tally_test;

use std::process::ExitCode;

use marmota_grader::Suite;

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    tally_test::add_to(&mut suite);
    bathroom_test::add_to(&mut suite);
    network_test::add_to(&mut suite);
    bank_test::add_to(&mut suite);
    own_test::add_to(&mut suite);
    suite.run()
}
