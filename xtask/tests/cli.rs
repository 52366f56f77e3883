//! The commands as a learner types them, on the small course of `common`.

mod common;

use std::fs;

use assert_cmd::Command;
use common::Course;
use predicates::prelude::*;
use predicates::str::contains;

#[test]
fn list_names_lessons_exercises_and_points() {
    let exercise = contains("one")
        .and(contains("10 points"))
        .and(contains("give 42"));
    Course::new()
        .xtask("list")
        .assert()
        .success()
        .stdout(contains("09 example").and(exercise));
}

#[test]
fn a_starter_is_told_that_red_is_right() {
    let report = contains("0 of 10 points")
        .and(contains("All red is right at the start"))
        .and(contains("lessons/lesson-09-example/src/one.rs:1"))
        .and(contains("cargo xtask hint 9 one"));
    Course::new()
        .xtask("check 9")
        .assert()
        .code(10)
        .stdout(report);
}

#[test]
fn a_pass_gets_its_points_and_its_explanation() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 42 }\n");
    let first = contains("10 of 10 points").and(contains("Because forty-two."));
    course
        .xtask("check lesson-09")
        .assert()
        .success()
        .stdout(first);
    // It is news only once; asked for by name it is told again.
    let explained = contains("Because forty-two.");
    course
        .xtask("check example")
        .assert()
        .success()
        .stdout(explained.clone().not());
    course
        .xtask("check example one")
        .assert()
        .success()
        .stdout(explained);
    course.xtask("list").assert().stdout(contains("x one"));
}

#[test]
fn a_wrong_result_shows_what_was_expected_and_seen() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 41 }\n");
    let report = contains("wrong result")
        .and(contains("expected     42"))
        .and(contains("seen         41"))
        .and(contains("--test one::gives_42 --seed random:0x2a"))
        .and(contains('\x1b').not());
    course.xtask("check 9").assert().code(12).stdout(report);
}

#[test]
fn json_has_the_same_points_and_verdict() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 41 }\n");
    let output = course
        .xtask("check 9 --json")
        .assert()
        .code(12)
        .get_output()
        .stdout
        .clone();
    let json: serde_json::Value = serde_json::from_slice(&output).expect("one JSON object");
    assert_eq!(json["schema"], 1);
    assert_eq!((&json["points"], &json["of"]), (&0.into(), &10.into()));
    assert_eq!(json["verdict"], "wrong-result");
    assert_eq!(json["exercises"][0]["tests"][0]["seen"], "41");
}

#[test]
fn code_that_does_not_compile_is_shown_in_the_compilers_words() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 {\n    \"no number\"\n}\n");
    let report = contains("does not compile: mismatched types")
        .and(contains("lessons/lesson-09-example/src/one.rs:2"))
        .and(contains("error[E0308]"))
        .and(contains("mend this error"));
    course.xtask("check 9").assert().code(11).stdout(report);
}

#[test]
fn a_changed_signature_is_told_from_other_errors() {
    let course = Course::new();
    course.learner("pub fn two() -> u32 { 42 }\n");
    let report =
        contains("does not compile").and(contains("the tests call what the starter declared"));
    course.xtask("check 9").assert().code(11).stdout(report);
}

#[test]
fn an_unknown_lesson_is_answered_with_the_nearest() {
    let error = contains("no lesson is called `exmaple`").and(contains("did you mean `example`?"));
    Course::new()
        .xtask("check exmaple")
        .assert()
        .code(1)
        .stderr(error);
}

#[test]
fn an_unknown_exercise_or_test_is_answered_with_what_there_is() {
    let course = Course::new();
    let error = contains("no exercise `onne`").and(contains("did you mean `one`?"));
    course.xtask("hint 9 onne").assert().code(1).stderr(error);
    let error = contains("no test `one::x`").and(contains("one::gives_42"));
    course
        .xtask("check 9 --test one::x")
        .assert()
        .code(1)
        .stderr(error);
}

#[test]
fn a_seed_needs_its_test() {
    let error = contains("--test NAME --seed SEED");
    Course::new()
        .xtask("check 9 --seed random:0x1")
        .assert()
        .code(1)
        .stderr(error);
}

#[test]
fn a_replay_gives_no_points() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 42 }\n");
    let report = contains("no points").and(contains("passed"));
    course
        .xtask("check 9 --test one::gives_42 --seed random:0x1")
        .assert()
        .success()
        .stdout(report);
}

#[test]
fn hints_come_one_at_a_time_and_end_with_the_solution() {
    let course = Course::new();
    let first = contains("hint 1 of 2")
        .and(contains("First."))
        .and(contains("Second.").not());
    course.xtask("hint 9").assert().success().stdout(first);
    let second = contains("Second.").and(contains("cargo xtask solution 9 one"));
    course.xtask("hint 9 one").assert().success().stdout(second);
    let both = contains("First.").and(contains("Second."));
    course
        .xtask("hint 9 one -n 2")
        .assert()
        .success()
        .stdout(both);
}

#[test]
fn without_a_lesson_the_next_one_is_meant() {
    let course = Course::new();
    let report = contains("0 of 10 points").and(contains("lesson-09"));
    course.xtask("check").assert().code(10).stdout(report);
    let hint = contains("lesson-09 one, hint 1 of 2");
    course.xtask("hint").assert().success().stdout(hint);
}

#[test]
fn the_solution_is_shown_with_its_path() {
    let shown = contains("solutions/lesson-09-example/src/one.rs").and(contains("{ 42 }"));
    Course::new()
        .xtask("solution 9 one")
        .assert()
        .success()
        .stdout(shown);
}

#[test]
fn a_damaged_manifest_says_how_to_restore_it() {
    let course = Course::new();
    course.write("lessons/lesson-09-example/Cargo.toml", "[package\n");
    course.xtask("protect").assert().success();
    let error = contains("git checkout -- lessons/lesson-09-example/Cargo.toml");
    course.xtask("check 9").assert().code(1).stderr(error);
}

#[test]
fn a_damaged_lesson_file_says_how_to_restore_it() {
    let course = Course::new();
    course.write("lessons/lesson-09-example/lesson.toml", "title = 9\n");
    let error = contains("git checkout -- lessons/lesson-09-example/lesson.toml");
    course.xtask("check 9").assert().code(1).stderr(error);
}

#[test]
fn missing_tests_are_no_pass() {
    let course = Course::new();
    fs::remove_file(
        course
            .root()
            .join("lessons/lesson-09-example/tests/graded/main.rs"),
    )
    .unwrap();
    course.xtask("protect").assert().success();
    let error = contains("git checkout --");
    course.xtask("check 9").assert().code(1).stderr(error);
}

#[test]
fn several_lessons_and_exercises_are_understood() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 42 }\n");
    let whole = contains("10 of 10 points");
    for words in [
        "check 9 one",
        "check 9/1",
        "check example/one",
        "check --all",
    ] {
        let shown = course.xtask(words).assert().success();
        shown.stdout(whole.clone());
    }
    let lines = contains("passed            10/10  lesson-09 An example").count(2);
    course.xtask("check 9 9").assert().success().stdout(lines);
    let error = contains("no exercise `tow`");
    course.xtask("check 9 tow").assert().code(1).stderr(error);
}

#[test]
fn of_several_lessons_the_first_to_work_on_is_told_in_full() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 41 }\n");
    let report = contains("wrong result       0/10  lesson-09")
        .count(2)
        .and(contains("seen         41").count(1));
    course.xtask("check 9 9").assert().code(12).stdout(report);
    let output = course.xtask("check 9 9 --json").output().unwrap().stdout;
    let lines = String::from_utf8(output).unwrap();
    assert_eq!(lines.lines().count(), 2);
}

#[test]
fn junit_names_each_test_and_its_verdict() {
    let course = Course::new();
    course.learner("pub fn one() -> u32 { 41 }\n");
    let file = course.root().join("results.xml");
    let words = format!("check 9 --junit {}", file.display());
    course.xtask(&words).assert().code(12);
    let xml = fs::read_to_string(&file).unwrap();
    let suite = "<testsuite name=\"lesson-09-example\" tests=\"1\" failures=\"1\">";
    assert!(xml.contains(suite), "{xml}");
    let case = "name=\"one::gives_42\">\n      <failure type=\"wrong result\"";
    assert!(xml.contains(case), "{xml}");
    // Code that does not compile has no tests, and is no pass.
    course.learner("pub fn one() -> u32 { \"<&\" }\n");
    course.xtask(&words).assert().code(11);
    let xml = fs::read_to_string(&file).unwrap();
    assert!(xml.contains("type=\"does not compile\""), "{xml}");
    assert!(xml.contains("&lt;&amp;") && !xml.contains("<&"), "{xml}");
}

#[test]
fn help_names_every_verdicts_status() {
    let course = Course::new();
    let mut help = course.xtask("check --help").assert().success();
    for status in ["0 passed", "10 not started", "15 deadlock", "21 tampered"] {
        help = help.stdout(contains(status));
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["completions", shell]);
        command.assert().success().stdout(contains("progress"));
    }
}

#[test]
fn no_cargo_says_where_to_get_it() {
    let course = Course::new();
    let mut command = course.xtask("check 9");
    command.env("CARGO", "/there/is/no/cargo");
    command
        .assert()
        .code(1)
        .stderr(contains("https://rustup.rs"));
}

#[test]
fn the_runtime_is_measured_beside_its_peers_only() {
    let course = Course::new();
    let remedy = contains("cargo xtask bench runtime --peers");
    course
        .xtask("bench runtime")
        .assert()
        .code(1)
        .stderr(remedy.clone());
    course
        .xtask("bench 9 --peers")
        .assert()
        .code(1)
        .stderr(remedy);
    let missing = contains("git checkout -- runtime/peers");
    course
        .xtask("bench runtime --peers")
        .assert()
        .code(1)
        .stderr(missing);
    // A stand-in for the peers' program: what follows `--` reaches it.
    course.write(
        "runtime/peers/Cargo.toml",
        "[package]\nname = \"peers\"\nedition = \"2024\"\n[workspace]\n",
    );
    course.write(
        "runtime/peers/src/main.rs",
        "fn main() { println!(\"table of {:?}\", std::env::args().nth(1)) }\n",
    );
    let table = contains("table of Some(\"--list\")");
    course
        .xtask("bench runtime --peers -- --list")
        .assert()
        .success()
        .stdout(table);
}

#[test]
fn doctor_names_what_it_looked_at() {
    let all = contains("Rust")
        .and(contains("landlock"))
        .and(contains("guard regions"))
        .and(contains("file events"));
    let course = Course::new();
    course.xtask("doctor").assert().success().stdout(all);
    let mut without = course.xtask("doctor");
    without.env("CARGO", "/there/is/no/cargo");
    // What it tries out is gone afterwards.
    let left = fs::read_dir(course.root().join(".marmota")).unwrap();
    let left = left
        .flatten()
        .any(|e| e.file_name().to_string_lossy().contains("doctor"));
    assert!(!left, "something is left");
    let remedy = contains("MISSING Rust").and(contains("https://rustup.rs"));
    without.assert().code(1).stdout(remedy);
}

#[test]
fn a_folder_that_is_no_course_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("list").env("MARMOTA_COURSE", folder.path());
    let error = contains("there is no folder `lessons`").and(contains("inside a clone"));
    command.assert().code(1).stderr(error);
}
