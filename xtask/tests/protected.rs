//! The course's own files: a change of them is no pass, and is put right without git.

mod common;

use std::fs;

use common::Course;
use predicates::prelude::*;
use predicates::str::contains;

const LESSON: &str = "lessons/lesson-09-example";
const RIGHT: &str = "pub fn one() -> u32 { 42 }\n";

/// Checks that `path` is named, restored, and brought back by an undo.
fn refused_and_restored(path: &str, bend: impl Fn(&Course)) {
    let course = Course::new();
    course.learner(RIGHT);
    // The first command of a clone keeps copies.
    course.xtask("list").assert().success();
    let before = fs::read(course.root().join(path)).ok();
    bend(&course);
    let bent = fs::read(course.root().join(path)).ok();
    let report = contains("tampered")
        .and(contains(path))
        .and(contains("0 of 10 points"))
        .and(contains("cargo xtask reset --tests"));
    course.xtask("check 9").assert().code(21).stdout(report);
    assert_eq!(course.progress()["points"], 0);
    let restored = contains(format!("restored {path}"));
    course
        .xtask("reset --tests")
        .assert()
        .success()
        .stdout(restored);
    assert_eq!(fs::read(course.root().join(path)).ok(), before);
    assert_eq!(course.written(), RIGHT);
    course.xtask("check 9").assert().success();
    course.xtask("undo").assert().success();
    assert_eq!(fs::read(course.root().join(path)).ok(), bent);
}

#[test]
fn a_changed_test_is_refused() {
    let path = format!("{LESSON}/tests/graded/main.rs");
    refused_and_restored(&path, |course| {
        let test = fs::read_to_string(course.root().join(&path)).unwrap();
        course.write(&path, &test.replace("Ok(42)", "Ok(_)"));
    });
}

#[test]
fn a_missing_test_is_refused() {
    let path = format!("{LESSON}/tests/graded/main.rs");
    refused_and_restored(&path, |course| {
        fs::remove_file(course.root().join(&path)).unwrap();
    });
}

#[test]
fn a_changed_manifest_is_refused() {
    let path = format!("{LESSON}/Cargo.toml");
    refused_and_restored(&path, |course| {
        let manifest = fs::read_to_string(course.root().join(&path)).unwrap();
        course.write(&path, &format!("{manifest}\n[dependencies]\n"));
    });
}

#[test]
fn a_changed_description_is_refused() {
    let path = format!("{LESSON}/lesson.toml");
    refused_and_restored(&path, |course| {
        let about = fs::read_to_string(course.root().join(&path)).unwrap();
        course.write(&path, &about.replace("id = \"one\"", "id = \"one\" # easy"));
    });
}

#[test]
fn a_build_script_is_refused() {
    let path = format!("{LESSON}/build.rs");
    refused_and_restored(&path, |course| course.write(&path, "fn main() {}\n"));
}

#[test]
fn a_configuration_of_cargo_is_refused() {
    refused_and_restored(".cargo/config.toml", |course| {
        course.write(".cargo/config.toml", "[build]\nrustflags = []\n");
    });
}

#[test]
fn a_lesson_file_that_cannot_be_read_is_restored_all_the_same() {
    let course = Course::new();
    course.xtask("list").assert().success();
    course.write(&format!("{LESSON}/lesson.toml"), "title = 9\n");
    let restored = contains("restored lessons/lesson-09-example/lesson.toml");
    course
        .xtask("reset --tests")
        .assert()
        .success()
        .stdout(restored);
    course.xtask("list").assert().success();
}

#[test]
fn all_in_order_is_said() {
    let course = Course::new();
    let nothing = contains("nothing to restore");
    course
        .xtask("reset --tests")
        .assert()
        .success()
        .stdout(nothing);
    course.xtask("protect --check").assert().success();
}

#[test]
fn a_list_that_is_not_true_is_named() {
    let course = Course::new();
    course.write(&format!("{LESSON}/tests/more.rs"), "\n");
    let stale = contains("lessons/lesson-09-example/SHA256SUMS is not true");
    course
        .xtask("protect --check")
        .assert()
        .code(1)
        .stdout(stale);
}

#[test]
fn a_lesson_without_its_list_is_not_graded() {
    let course = Course::new();
    fs::remove_file(course.root().join(LESSON).join("SHA256SUMS")).unwrap();
    let report = contains("tampered").and(contains("if you are writing the lesson"));
    course.xtask("check 9").assert().code(21).stdout(report);
}
