//! A small course for the tests of the commands: one lesson, one exercise, and a
//! graded test of a few lines that speaks the grader's protocol. What the "learner"
//! writes is real code, compiled and run for real.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// What stands in the exercise's file at first.
pub const STARTER: &str = "pub fn one() -> u32 {\n    todo!()\n}\n";

const SPEAKER: &str = "[package]\nname = \"speaker\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A course in a folder of its own.
pub struct Course(tempfile::TempDir);

impl Course {
    pub fn new() -> Self {
        let course = Self(tempfile::tempdir().expect("a temporary folder"));
        course.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"lessons/*\"]\n\
             [workspace.dependencies]\nspeaker = { path = \"lessons/speaker\" }\n",
        );
        let lesson = "lessons/lesson-09-example";
        course.write(
            &format!("{lesson}/Cargo.toml"),
            include_str!("../course/manifest.toml"),
        );
        course.write("lessons/speaker/Cargo.toml", SPEAKER);
        course.write(
            "lessons/speaker/src/lib.rs",
            include_str!("../course/speaker.rs"),
        );
        course.write(
            &format!("{lesson}/lesson.toml"),
            include_str!("../course/lesson.toml"),
        );
        course.write(
            &format!("{lesson}/tests/graded/main.rs"),
            include_str!("../course/graded.rs"),
        );
        course.write(
            &format!("{lesson}/hints/one.md"),
            "# one\n\n## A\n\nFirst.\n\n## B\n\nSecond.\n",
        );
        course.write(&format!("{lesson}/explain/one.md"), "Because forty-two.\n");
        course.write(&format!("{lesson}/src/lib.rs"), "pub mod one;\n");
        course.write(
            "solutions/lesson-09-example/src/one.rs",
            "pub fn one() -> u32 { 42 }\n",
        );
        course.learner(STARTER);
        course.xtask("protect").assert().success();
        course
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// What the learner has written.
    pub fn learner(&self, text: &str) {
        self.write("lessons/lesson-09-example/src/one.rs", text);
    }

    pub fn xtask(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(words.split_whitespace());
        command.env("MARMOTA_COURSE", self.0.path());
        command.env("CARGO_TARGET_DIR", self.0.path().join("target"));
        command.env("CARGO_NET_OFFLINE", "true");
        // Whatever is set for this test's own build.
        for name in ["CARGO_TERM_COLOR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    /// Git in the course's folder.
    pub fn git(&self, words: &str) -> String {
        let mut command = Command::new("git");
        command.current_dir(self.0.path());
        command.args(["-c", "user.name=n", "-c", "user.email=e@e"]);
        command.args(words.split_whitespace());
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("text")
    }

    /// A clone of this course, which is a repository with a commit.
    pub fn cloned(&self) -> Self {
        let clone = Self(tempfile::tempdir().expect("a temporary folder"));
        clone.git(&format!("clone --quiet {} .", self.root().display()));
        clone
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// What stands in the exercise's file.
    pub fn written(&self) -> String {
        fs::read_to_string(self.root().join("lessons/lesson-09-example/src/one.rs"))
            .expect("the exercise's file")
    }

    /// All progress as JSON.
    pub fn progress(&self) -> serde_json::Value {
        let output = self.xtask("progress --json").output().expect("a run");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }
}

/// Runs `words` again and again, killed at its first step, its second, …, until one
/// run reaches its end; `holds` is asked after each. Gives the number of steps.
pub fn killed_at_every_step(
    prepare: impl Fn() -> Course,
    words: &str,
    holds: impl Fn(&Course),
) -> u32 {
    for step in 0..200 {
        let course = prepare();
        let mut command = course.xtask(words);
        command.env("MARMOTA_KILL_AT", step.to_string());
        let ended = command.output().expect("a run");
        holds(&course);
        if ended.status.code().is_some() {
            return step;
        }
    }
    panic!("`xtask {words}` never came to its end");
}
