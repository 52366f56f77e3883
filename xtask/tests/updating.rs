//! `update`: new files of the course arrive, and what a learner wrote stays, committed
//! or not, also when the command is killed at any of its steps.

mod common;

use std::fs;

use common::{Course, STARTER, killed_at_every_step};
use predicates::prelude::*;
use predicates::str::contains;

const LESSON: &str = "lessons/lesson-09-example";
const MINE: &str = "// mine\npub fn one() -> u32 { 42 }\n";
const NEW_STARTER: &str = "/// Better words.\npub fn one() -> u32 {\n    todo!()\n}\n";

/// The course's repository, at its first version.
fn published() -> Course {
    let course = Course::new();
    course.write(".gitignore", "/target\n.marmota/\nCargo.lock\n");
    course.write("old.txt", "goes\n");
    course.git("init -q -b main");
    course.git("add .");
    course.git("commit -qm one");
    course
}

/// Its second version: another starter, test, hint, a new lesson, one file less.
fn publish_second(course: &Course) {
    course.learner(NEW_STARTER);
    let graded = fs::read_to_string(course.root().join(format!("{LESSON}/tests/graded/main.rs")));
    let graded = graded.unwrap() + "// the second\n";
    course.write(&format!("{LESSON}/tests/graded/main.rs"), &graded);
    course.write(&format!("{LESSON}/hints/one.md"), "## A\n\nBetter.\n");
    for file in [
        "Cargo.toml",
        "lesson.toml",
        "tests/graded/main.rs",
        "src/lib.rs",
        "src/one.rs",
    ] {
        let text = fs::read_to_string(course.root().join(LESSON).join(file)).unwrap();
        let text = text
            .replace("lesson-09", "lesson-10")
            .replace("lesson_09", "lesson_10");
        course.write(&format!("lessons/lesson-10-example/{file}"), &text);
    }
    course.write("run.sh", "#!/bin/sh\n");
    let program = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(course.root().join("run.sh"), program).unwrap();
    fs::remove_file(course.root().join("old.txt")).unwrap();
    course.xtask("protect").assert().success();
    course.git("add -A .");
    course.git("commit -qm two");
}

fn file(course: &Course, path: &str) -> String {
    fs::read_to_string(course.root().join(path)).unwrap()
}

/// The clone has the second version of everything that the learner did not touch.
fn is_second(course: &Course) {
    assert!(file(course, &format!("{LESSON}/tests/graded/main.rs")).ends_with("// the second\n"));
    assert!(file(course, &format!("{LESSON}/hints/one.md")).contains("Better."));
    assert!(!course.root().join("old.txt").exists());
    let about = fs::metadata(course.root().join("run.sh")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
    assert_eq!(mode & 0o777, 0o755);
    let whole = contains("all is the course's own");
    course
        .xtask("reset --tests")
        .assert()
        .success()
        .stdout(whole);
    let listed = contains("10 example");
    course.xtask("list").assert().success().stdout(listed);
    assert!(!course.root().join(".marmota/update.json").exists());
}

#[test]
fn what_the_learner_did_not_touch_is_new_and_git_knows() {
    let origin = published();
    let course = origin.cloned();
    let nothing = contains("nothing new");
    course.xtask("update").assert().success().stdout(nothing);
    publish_second(&origin);
    let said = contains("new: lesson-10-example")
        .and(contains("cargo xtask undo 1"))
        .and(contains("yours stay").not());
    course.xtask("update").assert().success().stdout(said);
    is_second(&course);
    assert_eq!(course.written(), NEW_STARTER);
    assert_eq!(course.git("status --porcelain"), "");
    assert_eq!(course.git("rev-parse HEAD"), origin.git("rev-parse HEAD"));
    // The course can be taken back, and forth.
    course.xtask("undo 1").assert().success();
    assert_eq!(course.written(), STARTER);
    assert!(course.root().join("old.txt").exists());
    assert!(!course.root().join("run.sh").exists());
    course.xtask("undo").assert().success();
    assert_eq!(
        course.git("status --porcelain"),
        " M run.sh\n",
        "but for its mode"
    );
}

#[test]
fn an_edit_that_is_not_committed_stays() {
    let origin = published();
    let course = origin.cloned();
    course.learner(MINE);
    course.write("notes.txt", "mine, too\n");
    publish_second(&origin);
    let stays = contains("yours stay")
        .and(contains(format!("{LESSON}/src/one.rs")))
        .and(contains("git diff"));
    course.xtask("update").assert().success().stdout(stays);
    is_second(&course);
    assert_eq!(course.written(), MINE);
    assert_eq!(file(&course, "notes.txt"), "mine, too\n");
    let status = course.git("status --porcelain");
    assert_eq!(status, format!(" M {LESSON}/src/one.rs\n?? notes.txt\n"));
    course.xtask("check 9").assert().success();
    // And the new starter is there to be asked for.
    course.xtask("reset 9").assert().success();
    assert_eq!(course.written(), NEW_STARTER);
}

#[test]
fn commits_of_the_learners_stay_and_are_merged_file_by_file() {
    let origin = published();
    let course = origin.cloned();
    course.learner(MINE);
    course.git("commit -qam mine");
    let mine = course.git("rev-parse HEAD");
    publish_second(&origin);
    let stays = contains("yours stay").and(contains(format!("{LESSON}/src/one.rs")));
    // A name is not needed: whoever commits elsewhere may have none here.
    let mut command = course.xtask("update");
    command
        .env("HOME", course.root())
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command.env_remove("EMAIL").env_remove("XDG_CONFIG_HOME");
    command.assert().success().stdout(stays);
    is_second(&course);
    assert_eq!(course.written(), MINE);
    assert_eq!(course.git("status --porcelain"), "");
    assert_eq!(course.git("rev-parse HEAD^1"), mine);
    assert_eq!(course.git("rev-parse HEAD^2"), origin.git("rev-parse HEAD"));
    let nothing = contains("nothing new");
    course.xtask("update").assert().success().stdout(nothing);
    // What comes after that is merged as well.
    origin.write("third.txt", "3\n");
    origin.git("add .");
    origin.git("commit -qm three");
    course.xtask("update").assert().success();
    assert_eq!(file(&course, "third.txt"), "3\n");
    assert_eq!(course.written(), MINE);
}

#[test]
fn a_file_of_the_learners_in_the_way_of_a_new_one_stays() {
    let origin = published();
    let course = origin.cloned();
    course.write("run.sh", "echo mine\n");
    course.write("old.txt", "mine\n");
    publish_second(&origin);
    let stays = contains("  old.txt").and(contains("  run.sh"));
    course.xtask("update").assert().success().stdout(stays);
    assert_eq!(file(&course, "run.sh"), "echo mine\n");
    assert_eq!(file(&course, "old.txt"), "mine\n");
}

#[test]
fn an_update_killed_at_any_step_loses_nothing_and_is_finished_by_the_next() {
    let origin = published();
    let first = origin.cloned();
    // One file of each kind: changed, changed by both, new, removed.
    origin.write(&format!("{LESSON}/hints/one.md"), "## A\n\nBetter.\n");
    origin.learner(NEW_STARTER);
    origin.write("new.txt", "comes\n");
    fs::remove_file(origin.root().join("old.txt")).unwrap();
    origin.git("add -A .");
    origin.git("commit -qm two");
    let prepare = || {
        let course = first.cloned();
        course.git(&format!(
            "remote set-url origin {}",
            origin.root().display()
        ));
        // One commit of the learner's, and an edit after it.
        course.write("mine.txt", "mine\n");
        course.git("add mine.txt");
        course.git("commit -qm mine");
        course.learner(MINE);
        // Its own copies are made by any command, and no part of this.
        course.xtask("list").assert().success();
        course
    };
    let steps = killed_at_every_step(prepare, "update", |course| {
        assert_eq!(course.written(), MINE);
        assert_eq!(file(course, "mine.txt"), "mine\n");
        course.xtask("update").assert().success();
        assert_eq!(course.written(), MINE);
        assert_eq!(file(course, "mine.txt"), "mine\n");
        assert_eq!(file(course, "new.txt"), "comes\n");
        assert!(!course.root().join("old.txt").exists());
        assert!(file(course, &format!("{LESSON}/hints/one.md")).contains("Better."));
        let status = course.git("status --porcelain");
        assert_eq!(status, format!(" M {LESSON}/src/one.rs\n"));
        assert_eq!(course.git("rev-parse HEAD^2"), origin.git("rev-parse HEAD"));
        assert!(!course.root().join(".marmota/update.json").exists());
    });
    assert!(steps >= 35, "{steps}");
}

#[test]
fn an_interrupted_update_that_git_has_moved_on_from_is_forgotten() {
    let origin = published();
    let course = origin.cloned();
    let note = "{\"from\":\"0123\",\"to\":\"4567\"}";
    course.write(".marmota/update.json", note);
    let nothing = contains("nothing new");
    course.xtask("update").assert().success().stdout(nothing);
    assert!(!course.root().join(".marmota/update.json").exists());
}

#[test]
fn a_source_can_be_named() {
    let origin = published();
    let course = origin.cloned();
    course.git("remote remove origin");
    publish_second(&origin);
    let error = contains("`origin` cannot be fetched").and(contains("update --from REPOSITORY"));
    course.xtask("update").assert().code(1).stderr(error);
    let words = format!("update --from {}", origin.root().display());
    course.xtask(&words).assert().success();
    is_second(&course);
}

#[test]
fn what_is_no_clone_or_not_in_order_says_what_to_do() {
    let course = Course::new();
    let error = contains("no git clone").and(contains("progress --rebuild"));
    course.xtask("update").assert().code(1).stderr(error);

    course.git("init -q");
    let error = contains("no commit yet").and(contains("clone the course"));
    course.xtask("update").assert().code(1).stderr(error);

    let origin = published();
    let course = origin.cloned();
    course.write("old.txt", "staged\n");
    course.git("add old.txt");
    let error = contains("these are staged and not committed")
        .and(contains("\nold.txt"))
        .and(contains("git commit"));
    course.xtask("update").assert().code(1).stderr(error);
    course.git("reset -q --hard");

    course.write(".git/MERGE_HEAD", &course.git("rev-parse HEAD"));
    let error = contains("not finished").and(contains("git status"));
    course.xtask("update").assert().code(1).stderr(error);
    fs::remove_file(course.root().join(".git/MERGE_HEAD")).unwrap();

    let stranger = published();
    stranger.git("commit -q --amend -m other");
    let words = format!("update --from {}", stranger.root().display());
    let error = contains("no commit in common").and(contains("--unshallow"));
    course.xtask(&words).assert().code(1).stderr(error);

    let mut without = course.xtask("update");
    without.env("PATH", "/nowhere");
    let error = contains("git cannot be started").and(contains("install git"));
    without.assert().code(1).stderr(error);

    // The course as a folder of somebody's own repository.
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("course/lessons");
    fs::create_dir_all(&inner).unwrap();
    let init = std::process::Command::new("git")
        .args(["init", "-q"])
        .current_dir(outer.path())
        .status();
    assert!(init.unwrap().success());
    let mut command = course.xtask("update");
    command.env("MARMOTA_COURSE", outer.path().join("course"));
    command
        .assert()
        .code(1)
        .stderr(contains("part of another repository"));
}

#[test]
fn a_git_that_is_at_work_is_waited_for_by_the_learner() {
    let origin = published();
    let course = origin.cloned();
    publish_second(&origin);
    course.write(".git/index.lock", "");
    let error = contains("git could not be told").and(contains("cargo xtask update` again"));
    course.xtask("update").assert().code(1).stderr(error);
    fs::remove_file(course.root().join(".git/index.lock")).unwrap();
    let finishes = contains("was interrupted");
    course.xtask("update").assert().success().stdout(finishes);
    is_second(&course);
    assert_eq!(course.git("status --porcelain"), "");
}

#[test]
fn a_save_in_the_middle_of_an_update_is_an_edit_like_any_other() {
    let origin = published();
    let course = origin.cloned();
    publish_second(&origin);
    // A git that saves the file after it was looked at, and before it is replaced.
    let real = std::process::Command::new("which").arg("git").output();
    let real = String::from_utf8(real.unwrap().stdout).unwrap();
    let saves = course.root().join(LESSON).join("src/one.rs");
    course.write(
        "target/bin/git",
        &format!(
            "#!/bin/sh\n[ \"$1\" != cat-file ] || echo '// mine' > {}\nexec {} \"$@\"\n",
            saves.display(),
            real.trim()
        ),
    );
    let bin = course.root().join("target/bin");
    let program = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(bin.join("git"), program).unwrap();
    let mut command = course.xtask("update");
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", bin.display()));
    let stays = contains("yours stay").and(contains(format!("{LESSON}/src/one.rs")));
    command.assert().success().stdout(stays);
    assert_eq!(course.written(), "// mine\n");
    is_second(&course);
}
