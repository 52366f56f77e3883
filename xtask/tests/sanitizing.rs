//! `cargo xtask sanitize`, with a rustup that only says what a compiler would: what is
//! asked of it, how its answers are counted, and what is said when there is none.

mod common;

use std::os::unix::fs::PermissionsExt;

use assert_cmd::Command;
use common::Course;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, ends_with};

/// `sanitize` with this shell script in rustup's place.
fn sanitize(course: &Course, words: &str, script: &str) -> Command {
    course.write("bin/rustup", &format!("#!/bin/sh\n{script}\n"));
    let bin = course.root().join("bin");
    let program = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(bin.join("rustup"), program).unwrap();
    let mut command = course.xtask(&format!("sanitize {words}"));
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", bin.display()));
    command
}

/// A rustup with a nightly whose tests do what `tests` says; `$*` are cargo's words.
fn nightly(tests: &str) -> String {
    format!(
        "case \"$*\" in\n\
         'run nightly rustc -vV') echo 'host: a-b-c';;\n\
         *'--target a-b-c'*--no-run*) ;;\n\
         {tests}\n\
         *) exit 3;;\n\
         esac"
    )
}

#[test]
fn the_last_line_counts_the_tests() {
    let course = Course::new();
    let tests = nightly(
        "*'--test one') echo 'test result: ok. 2 passed; 0 failed; 0 ignored';;\n\
         *'--test two') echo 'test result: ok. 3 passed; 0 failed; 0 ignored';;",
    );
    let last = ends_with("\nunder AddressSanitizer: 5 passed, 0 failed\n");
    let both = contains("== one").and(contains("== two"));
    sanitize(&course, "one two", &tests)
        .assert()
        .success()
        .stdout(last.and(both));
}

#[test]
fn a_program_that_a_report_ends_has_failed_and_the_others_run() {
    let course = Course::new();
    let tests = nightly(
        "*'--test one') echo 'SUMMARY: AddressSanitizer: use-after-poison' >&2; exit 1;;\n\
         *'--test two') echo 'test result: ok. 3 passed; 0 failed; 0 ignored';;",
    );
    let last = ends_with("\nunder AddressSanitizer: 3 passed, 1 failed\n");
    sanitize(&course, "one two", &tests)
        .assert()
        .code(1)
        .stdout(last.and(contains("\none: exit status: 1, and no test says")));
}

#[test]
fn nothing_executed_is_no_pass() {
    let course = Course::new();
    let tests = nightly("*'--test one') echo 'test result: ok. 0 passed; 0 failed; 0 ignored';;");
    sanitize(&course, "one", &tests).assert().code(1);
    let builds_nothing = nightly("").replace("--no-run*) ;;", "--no-run*) exit 1;;");
    sanitize(&course, "one", &builds_nothing).assert().code(1);
}

#[test]
fn without_a_nightly_compiler_it_says_how_to_get_one() {
    let course = Course::new();
    let how = "do this: rustup toolchain install nightly --profile minimal";
    let error = contains("AddressSanitizer needs a nightly compiler").and(contains(how));
    sanitize(&course, "", "exit 1")
        .assert()
        .code(1)
        .stderr(error);

    let mut without = course.xtask("sanitize");
    without.env("PATH", "/nowhere");
    let error = contains("cannot be started").and(contains("https://rustup.rs"));
    let error = contains("rustup, which has the nightly compiler").and(error);
    without.assert().code(1).stderr(error);
}
