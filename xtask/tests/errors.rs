//! Every error says what happened and what to do. The errors that another test brings
//! about on its way are there; the rest are here. `every_error.rs` holds the two together: it
//! reads the sources and asks that no error be without a test.
//!
//! What a machine can lack (a linker, a network, room on the disk) is brought about by
//! a stand-in for cargo that says what the real one says then.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use common::Course;
use predicates::prelude::*;
use predicates::str::contains;

const LESSON: &str = "lessons/lesson-09-example";
const RIGHT: &str = "pub fn one() -> u32 { 42 }\n";

/// `words` fail with status 1, say `what`, and then what to do, with `remedy` in it.
fn fails(course: &Course, words: &str, what: &str, remedy: &str) {
    says(course.xtask(words), what, remedy);
}

fn says(mut command: assert_cmd::Command, what: &str, remedy: &str) {
    let failed = command.assert().code(1);
    let said = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
    let (before, after) = said.split_once("  do this: ").expect("a remedy");
    assert!(before.contains("error: "), "{said}");
    assert!(before.contains(what), "no `{what}` in:\n{said}");
    assert!(after.contains(remedy), "no `{remedy}` in:\n{said}");
}

/// A course whose cargo is a shell script.
fn with_cargo(script: &str) -> (Course, assert_cmd::Command) {
    let course = Course::new();
    course.write("cargo", &format!("#!/bin/sh\n{script}\n"));
    let path = course.root().join("cargo");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = course.xtask("check 9");
    command.env("CARGO", path);
    (course, command)
}

/// What a check says when cargo says this and fails.
fn cargo_says(said: &str, what: &str, remedy: &str) {
    let (_course, command) = with_cargo(&format!("cat >&2 <<'END'\n{said}\nEND\nexit 101"));
    says(command, what, remedy);
}

/// A course that was built once: it has a lock file.
fn built() -> Course {
    let course = Course::new();
    course.xtask("check 9").assert().code(10);
    course
}

#[test]
fn what_a_machine_lacks_is_told_from_what_a_learner_wrote() {
    cargo_says(
        "error: linker `cc` not found",
        "there is no C linker",
        "build-essential",
    );
    cargo_says(
        "error: lesson v0.1.0 cannot be built because it requires rustc 1.99 or newer",
        "this Rust toolchain is too old",
        "rustup update stable",
    );
    cargo_says(
        "error: could not execute process `rustc -vV` (never executed)",
        "cargo finds no Rust compiler",
        "rustup default stable",
    );
    cargo_says(
        "warning: spurious network error: Could not resolve host: index.crates.io",
        "a library is missing and could not be fetched",
        "cargo fetch",
    );
    cargo_says(
        "error: failed to parse manifest at `x`",
        "the manifest of lesson-09-example, or one it needs, is damaged",
        "git checkout -- lessons/lesson-09-example/Cargo.toml",
    );
    cargo_says(
        "error: no test target named `graded` in `lesson-09-example` package",
        "has no graded tests any more",
        "git checkout -- lessons/lesson-09-example/tests",
    );
    cargo_says(
        "error: failed to write: No space left on device (os error 28)",
        "the disk is full",
        "cargo clean",
    );
    cargo_says(
        "error: something that nobody has foreseen",
        "cargo could not build lesson-09-example:\nerror: something that nobody",
        "cargo build -p lesson-09-example --test graded",
    );
}

#[test]
fn an_error_in_another_crate_is_not_the_learners() {
    let message = r#"{"reason":"compiler-message","package_id":"path+file:///c/runtime#marmota@0.1.0","manifest_path":"/c/runtime/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"marmota","src_path":"/c/runtime/src/lib.rs","edition":"2024","doc":true,"doctest":true,"test":true},"message":{"rendered":"error: no\n","$message_type":"diagnostic","children":[],"code":null,"level":"error","message":"no such thing","spans":[]}}"#;
    let (_course, command) = with_cargo(&format!("cat <<'END'\n{message}\nEND\nexit 101"));
    says(command, "does not compile: no such thing", "git stash");
}

#[test]
fn a_program_that_cannot_be_run_or_understood_says_so() {
    let artifact = |name: &str, files: &str, program: &str| {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"p","target":{{"name":"{name}"}},"filenames":[{files}],"executable":{program}}}"#
        )
    };
    let cargo = |lines: &[String]| format!("cat <<'END'\n{}\nEND", lines.join("\n"));
    let program = artifact("graded", "", "\"/there/is/no/program\"");
    let (_course, command) = with_cargo(&cargo(std::slice::from_ref(&program)));
    says(command, "cannot be started", "cargo clean");

    // A library without the compiler's list of what it was made from.
    let library = artifact("lesson_09_example", "\"/no/liblesson.rmeta\"", "null");
    let (_course, command) = with_cargo(&cargo(&[library, program]));
    says(
        command,
        "cannot tell what lesson-09-example was compiled from",
        "cargo clean",
    );
}

#[test]
fn a_temporary_folder_is_needed() {
    let course = Course::new();
    let mut command = course.xtask("check 9");
    command.env("TMPDIR", "/proc/there/is/none");
    says(command, "cannot make a temporary folder", "TMPDIR");
}

#[test]
fn tests_and_exercises_must_fit() {
    let course = Course::new();
    let about = fs::read_to_string(course.root().join(LESSON).join("lesson.toml")).unwrap();
    let two =
        about.clone() + &about[about.find("[[exercise]]").unwrap()..].replace("\"one", "\"two");
    course.write(&format!("{LESSON}/lesson.toml"), &two);
    course.write(&format!("{LESSON}/src/two.rs"), RIGHT);
    course.xtask("protect").assert().success();
    fails(
        &course,
        "check 9",
        "no graded test of lesson-09-example tests the exercise `two`",
        "git checkout -- lessons/lesson-09-example/tests",
    );
    course.write(&format!("{LESSON}/lesson.toml"), &about);
    course.write(
        &format!("{LESSON}/tests/graded/main.rs"),
        "fn main() { println!(\"hello\") }\n",
    );
    course.xtask("protect").assert().success();
    fails(
        &course,
        "check 9",
        "the graded tests of lesson-09-example do not answer:\nhello",
        "runs before",
    );
}

#[test]
fn a_course_with_a_part_missing_says_which() {
    let course = built();
    fs::remove_file(course.root().join(LESSON).join("hints/one.md")).unwrap();
    let remedy = "git checkout -- lessons/lesson-09-example/hints/one.md";
    fails(&course, "hint 9", "cannot read", remedy);
    course.write(&format!("{LESSON}/hints/one.md"), "# one\n");
    fails(&course, "hint 9", "there are no hints in", remedy);
    fs::remove_dir_all(course.root().join("solutions")).unwrap();
    let remedy = "git checkout -- solutions/lesson-09-example/src/one.rs";
    fails(&course, "solution 9 one", "cannot read", remedy);
    fails(
        &course,
        "check --solutions 9",
        "the solutions of lesson-09-example cannot be read",
        "git checkout -- solutions/lesson-09-example",
    );
    let about = "title = \"T\"\npart = \"P\"\nsummary = \"s\"\nchapter = \"c\"\nexercise = []\n";
    course.write(&format!("{LESSON}/lesson.toml"), about);
    let remedy = "git checkout -- lessons/lesson-09-example/lesson.toml";
    fails(&course, "hint 9", "lists no exercise", remedy);
    fs::remove_dir_all(course.root().join(LESSON)).unwrap();
    let remedy = "git checkout -- lessons";
    fails(
        &course,
        "check --all",
        "there are no lessons in `lessons`",
        remedy,
    );
}

#[test]
fn a_list_of_own_files_that_is_no_list_says_how_to_get_it_back() {
    let course = Course::new();
    let list = format!("{LESSON}/SHA256SUMS");
    let text = fs::read_to_string(course.root().join(&list)).unwrap();
    let without: String = text
        .lines()
        .filter(|line| !line.ends_with("src/one.rs"))
        .map(|line| format!("{line}\n"))
        .collect();
    course.write(&list, &without);
    let remedy = "git checkout -- lessons/lesson-09-example/SHA256SUMS";
    fails(&course, "reset 9", "does not name src/one.rs", remedy);
    course.write(&list, "no list\n");
    fails(&course, "reset 9", "is damaged", "cargo xtask\n");
    fs::remove_file(course.root().join(&list)).unwrap();
    fails(&course, "reset --tests", "is missing", remedy);
}

#[test]
fn what_cannot_be_read_stops_protect() {
    let course = Course::new();
    symlink(
        "/there/is/nothing",
        course.root().join(LESSON).join("tests/gone.rs"),
    )
    .unwrap();
    let what = "the course's files cannot be read or written";
    fails(
        &course,
        "protect",
        what,
        "see that you may read all of the clone",
    );
    fails(
        &course,
        "protect --check",
        what,
        "see that you may read all of the clone",
    );
}

#[test]
fn what_cannot_be_kept_is_not_changed() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("list").assert().success();
    course.write(".marmota/backups", "a file where a folder should be");
    let what = "cannot keep a backup, so nothing was changed";
    fails(&course, "reset 9", what, "`.marmota`");
    assert_eq!(course.written(), RIGHT);
}

#[test]
fn what_cannot_be_written_says_where_the_bytes_are() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("reset 9").assert().success();
    // A folder where the file was: nothing can be renamed over it.
    let file = course.root().join(LESSON).join("src/one.rs");
    fs::remove_file(&file).unwrap();
    fs::create_dir_all(file.join("in the way")).unwrap();
    // The state before is kept first, and a folder cannot be.
    fails(&course, "undo 1", "cannot keep a backup", "`.marmota`");
    fs::remove_dir_all(&file).unwrap();
    // The folder itself is a file now: what is not there needs no backup.
    let src = course.root().join(LESSON).join("src");
    fs::remove_dir_all(&src).unwrap();
    symlink("/dev/full/none", &src).unwrap();
    fails(
        &course,
        "undo 1",
        "cannot put everything back",
        "the bytes are in .marmota/backups/0001; make room and run `cargo xtask undo 1`",
    );
    fails(&course, "reset 9", "cannot write", "`cargo xtask undo ");
    let tests = course.root().join(LESSON).join("tests");
    fs::remove_dir_all(&tests).unwrap();
    symlink("/dev/full/none", &tests).unwrap();
    let what = "cannot restore the course's files";
    fails(&course, "reset --tests", what, "that the disk has room");
}

#[test]
fn results_go_where_they_can_be_written() {
    let course = Course::new();
    let what = "cannot write /there/is/no/folder/r.xml";
    fails(
        &course,
        "check 9 --junit /there/is/no/folder/r.xml",
        what,
        "a folder that exists",
    );
}

#[test]
fn a_batch_says_what_it_cannot_read_or_write() {
    let course = built();
    let words = |more: &str| {
        format!(
            "grade {}/submitted --lesson 9 {more}",
            course.root().display()
        )
    };
    fs::create_dir(course.root().join("submitted")).unwrap();
    fails(
        &course,
        &words(""),
        "there is no submission in",
        "one folder a submission",
    );
    course.write("submitted/ada/src/one.rs", RIGHT);
    course.write("file", "");
    let out = format!("--out {}/file", course.root().display());
    fails(&course, &words(&out), "cannot write", "then run this again");

    // Only who may not do everything can be kept from reading.
    let src = course.root().join("submitted/ada/src");
    fs::set_permissions(&src, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&src).is_err() {
        fails(
            &course,
            &words(""),
            "cannot read",
            "what is graded stays graded",
        );
    }
    fs::set_permissions(&src, fs::Permissions::from_mode(0o755)).unwrap();

    // The workspace it grades in is made under `target`, of the course's own files.
    fs::remove_dir_all(course.root().join("target")).unwrap_or_default();
    course.write("target/marmota/grade", "a file where a folder should be");
    fails(
        &course,
        &words(""),
        "cannot lay out",
        "`cargo clean` starts afresh",
    );
    fs::remove_dir_all(course.root().join("target")).unwrap();
    let sources = format!("target/marmota/grade/pristine/{LESSON}/src/one.rs/folder");
    fs::create_dir_all(course.root().join(sources)).unwrap();
    let what = "cannot write the sources of lesson-09-example";
    fails(
        &course,
        &words(""),
        what,
        "see that you may write to `target`",
    );
    fs::remove_dir_all(course.root().join("target")).unwrap();

    course.learner("pub fn one() -> u32 { \"no\" }\n");
    course.xtask("protect").assert().success();
    let what = "the course's own lesson-09-example does not compile";
    fails(&course, &words(""), what, "cargo xtask doctor");
}

#[test]
fn a_book_that_is_not_built_says_why() {
    let course = Course::new();
    let what = "the book's builder, book/builder/Cargo.toml, is not there";
    fails(&course, "book", what, "git checkout -- book");
    course.write("book/builder/Cargo.toml", "");
    let mut command = course.xtask("book");
    command.env("CARGO", "false");
    says(
        command,
        "the book could not be built",
        "read the message above",
    );
}

#[test]
fn a_test_run_without_its_parts_fails_and_says_which() {
    let course = Course::new();
    let mut command = course.xtask("test");
    command.env("CARGO", "true");
    // Nothing was executed, so nothing has passed.
    let said = contains("nothing ran, and nothing executed is never a pass")
        .and(contains("is not there"))
        .and(contains("do this: restore it: git checkout -- book"))
        .and(contains(
            "\nFailed, and told in full above:\ntests: nothing ran\n",
        ));
    command.assert().code(1).stdout(said);
}

#[test]
fn a_table_of_peers_that_is_not_made_says_so() {
    let course = Course::new();
    course.write("runtime/peers/Cargo.toml", "");
    let mut command = course.xtask("bench runtime --peers");
    command.env("CARGO", "false");
    says(
        command,
        "the table of peers was not made",
        "read the message above",
    );
}

#[test]
fn words_that_mean_nothing_are_answered() {
    let course = Course::new();
    fails(
        &course,
        "check 9 --seed random:0x1",
        "a seed names a schedule of one test",
        "--test NAME --seed SEED",
    );
    fails(
        &course,
        "bench runtime",
        "the runtime is measured beside its peers",
        "cargo xtask bench runtime --peers",
    );
    fails(
        &course,
        "bench 9 --peers",
        "only the runtime has peers to be measured beside",
        "cargo xtask bench runtime --peers",
    );
    fails(
        &course,
        "bench runtime --peers",
        "the peers' benchmarks, runtime/peers/Cargo.toml, are not there",
        "git checkout -- runtime/peers",
    );
    fails(
        &course,
        "undo 7",
        "there is no backup 7",
        "cargo xtask undo --list",
    );
    fails(
        &course,
        "check 9 --test one::x",
        "lesson-09 has no test `one::x`",
        "one::gives_42",
    );
    fails(
        &course,
        "check 9/tow",
        "lesson-09 has no exercise `tow`",
        "its exercises are one",
    );
}

#[test]
fn there_is_nothing_to_watch_when_all_has_passed() {
    let course = Course::new();
    course.learner(RIGHT);
    course.xtask("check 9").assert().success();
    let remedy = "cargo xtask check 1";
    for words in ["watch", "check", "hint"] {
        fails(&course, words, "every exercise has passed", remedy);
    }
}

#[test]
fn an_update_that_cannot_write_can_be_repeated() {
    let origin = Course::new();
    origin.write(".gitignore", "/target\n.marmota/\n");
    origin.git("init -q -b main");
    origin.git("add .");
    origin.git("commit -qm one");
    let course = origin.cloned();
    origin.write("notes/new.txt", "new\n");
    origin.git("add .");
    origin.git("commit -qm two");
    // What is in the way of the folder is no folder.
    symlink("/dev/full/none", course.root().join("notes")).unwrap();
    let remedy = "`cargo xtask update` again";
    fails(&course, "update", "cannot write", remedy);
    fs::remove_file(course.root().join("notes")).unwrap();
    course.xtask("update").assert().success();
    assert!(course.root().join("notes/new.txt").exists());
}
