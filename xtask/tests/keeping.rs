//! Nothing a learner wrote is ever lost: progress, reset and undo, also when the
//! command is killed at any of its steps.

mod common;

use std::fs;

use common::{Course, STARTER, killed_at_every_step};
use predicates::prelude::*;
use predicates::str::contains;

const RIGHT: &str = "pub fn one() -> u32 { 42 }\n";

#[test]
fn progress_counts_for_the_text_that_was_graded() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("check 9").assert().success();
    assert_eq!(course.progress()["points"], 10);
    course.learner("pub fn one() -> u32 { 6 * 7 }\n");
    let progress = course.progress();
    assert_eq!(progress["points"], 0);
    assert_eq!(
        progress["exercises"][0]["standing"],
        "passed, changed since"
    );
    course.xtask("list").assert().stdout(contains("~ one"));
    course.learner(RIGHT);
    assert_eq!(course.progress()["points"], 10);
}

#[test]
fn next_names_the_first_exercise_that_has_not_passed() {
    let course = Course::new();
    let task = contains("exercise one: give 42").and(contains("cargo xtask check 9 one"));
    course.xtask("next").assert().success().stdout(task);
    course.learner(RIGHT);
    course.xtask("check 9").assert().success();
    let done = contains("Every exercise has passed");
    course.xtask("next").assert().success().stdout(done);
}

#[test]
fn progress_is_rebuilt_from_the_code_and_a_damaged_file_is_put_aside() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("hint 9").assert().success();
    course.xtask("check 9").assert().success();
    let rebuilt = contains("1 of 1 exercises, 10 of 10 points");
    course
        .xtask("progress --rebuild")
        .assert()
        .success()
        .stdout(rebuilt.clone());
    let second = contains("hint 2 of 2");
    course.xtask("hint 9").assert().success().stdout(second);

    course.write(".marmota/progress.json", "{\"schema\":1,\"exer");
    assert_eq!(course.progress()["points"], 0);
    course
        .xtask("progress --rebuild")
        .assert()
        .success()
        .stdout(rebuilt)
        .stderr(contains("progress.damaged.json"));
    let aside = course.root().join(".marmota/progress.damaged.json");
    assert!(fs::read_to_string(aside).unwrap().ends_with("exer"));
}

#[test]
fn reset_brings_the_starter_and_undo_the_learners_bytes() {
    let course = Course::new();
    // Not even valid text: bytes are kept as bytes.
    let path = course.root().join("lessons/lesson-09-example/src/one.rs");
    let bytes = b"// \xff\xfe no newline at the end\r\n\t";
    fs::write(&path, bytes).unwrap();
    let kept = contains("cargo xtask undo 1");
    course.xtask("reset 9 one").assert().success().stdout(kept);
    assert_eq!(course.written(), STARTER);
    course.xtask("undo").assert().success();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    // Undoing twice changes nothing; every state is still there by its number.
    course.xtask("undo").assert().success();
    assert_eq!(course.written(), STARTER);
    course.xtask("undo 1").assert().success();
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let list = contains("   1  lessons/lesson-09-example/src/one.rs");
    course.xtask("undo --list").assert().success().stdout(list);
}

#[test]
fn what_there_is_nothing_of_is_said() {
    let course = Course::new();
    let nothing = contains("nothing to undo").and(contains("undo --list"));
    course.xtask("undo").assert().code(1).stderr(nothing);
    let starter = contains("it is the starter already");
    course.xtask("reset 9").assert().success().stdout(starter);
}

#[test]
fn a_starter_that_is_nowhere_to_be_found_changes_nothing() {
    let course = Course::new();
    course.learner(RIGHT);
    fs::remove_dir_all(course.root().join(".marmota")).unwrap();
    let error = contains("nowhere to be found").and(contains("fresh copy"));
    course.xtask("reset 9").assert().code(1).stderr(error);
    assert_eq!(course.written(), RIGHT);
}

#[test]
fn a_starter_is_found_in_git_behind_the_learners_own_commits() {
    let course = Course::new();
    course.git("init -q");
    course.git("add lessons");
    course.git("commit -qm starter");
    course.learner(RIGHT);
    course.git("commit -qam mine");
    fs::remove_dir_all(course.root().join(".marmota")).unwrap();
    course.xtask("reset 9").assert().success();
    assert_eq!(course.written(), STARTER);
}

#[test]
fn a_reset_killed_at_any_step_loses_nothing_and_can_be_repeated() {
    let prepare = || {
        let course = Course::new();
        course.learner(RIGHT);
        course
    };
    let steps = killed_at_every_step(prepare, "reset 9", |course| {
        let now = course.written();
        assert!(now == RIGHT || now == STARTER, "{now}");
        course.xtask("reset 9").assert().success();
        assert_eq!(course.written(), STARTER);
        course.xtask("undo 1").assert().success();
        assert_eq!(course.written(), RIGHT);
    });
    assert!(steps > 10, "{steps}");
}

#[test]
fn an_undo_killed_at_any_step_loses_nothing_and_can_be_repeated() {
    let prepare = || {
        let course = Course::new();
        course.learner(RIGHT);
        course.xtask("reset 9").assert().success();
        course.learner("// more\n");
        course
    };
    let steps = killed_at_every_step(prepare, "undo 1", |course| {
        let now = course.written();
        assert!(now == RIGHT || now == "// more\n", "{now}");
        course.xtask("undo 1").assert().success();
        assert_eq!(course.written(), RIGHT);
        course.xtask("undo 2").assert().success();
        assert_eq!(course.written(), "// more\n");
    });
    assert!(steps > 10, "{steps}");
}

#[test]
fn progress_killed_at_any_step_is_the_old_one_or_the_new_one() {
    let prepare = || {
        let course = Course::new();
        course.xtask("hint 9").assert().success();
        course
    };
    let steps = killed_at_every_step(prepare, "hint 9", |course| {
        let progress = course.root().join(".marmota/progress.json");
        let text = fs::read_to_string(progress).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let hints = &json["exercises"]["lesson-09-example/one"]["hints"];
        assert!(*hints == 1 || *hints == 2, "{text}");
    });
    assert!(steps >= 5, "{steps}");
}
