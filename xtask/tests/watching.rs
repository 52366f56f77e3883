//! `watch`, driven as an editor and a hand would: saves, renames, lock files, keys, over
//! a pipe and over a terminal. Every wait is for something that has to come.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::Course;

const RIGHT: &str = "pub fn one() -> u32 { 42 }\n";
const WRONG: &str = "pub fn one() -> u32 { 41 }\n";

/// A running `watch`.
struct Watch {
    child: Child,
    keys: ChildStdin,
    said: Arc<Mutex<String>>,
}

impl Watch {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (mut pipe, heard) = (child.stdout.take().unwrap(), Arc::clone(&said));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                heard
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&buffer[..n]));
            }
        });
        let keys = child.stdin.take().unwrap();
        Self { child, keys, said }
    }

    fn on(course: &Course, words: &str) -> Self {
        Self::start(command(course, words))
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until `text` was said `times` times.
    fn hears(&self, text: &str, times: usize) {
        let until = Instant::now() + Duration::from_secs(120);
        while self.said().matches(text).count() < times {
            assert!(Instant::now() < until, "no `{text}` in:\n{}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn press(&mut self, key: &str) {
        self.keys.write_all(key.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn quit(mut self) -> (ExitStatus, String) {
        self.press("q");
        let status = self.child.wait().unwrap();
        (status, self.said())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _over_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn command(course: &Course, words: &str) -> Command {
    let made = course.xtask(words);
    let mut command = Command::new(made.get_program());
    command.args(made.get_args());
    command.envs(made.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command
}

/// What is said at the end of each run.
const PROMPT: &str = "watching lesson-09 for saves";

fn follows_saves(words: &str) {
    let course = Course::new();
    let mut watch = Watch::on(&course, words);
    watch.hears("All red is right at the start", 1);
    watch.hears(PROMPT, 1);
    course.learner(WRONG);
    watch.hears("seen         41", 1);
    watch.hears(PROMPT, 2);

    // Beside the file: locks and backups, which are no saves.
    let src = course.root().join("lessons/lesson-09-example/src");
    symlink("me@here.1:2", src.join(".#one.rs")).unwrap();
    for name in [".one.rs.swp", "one.rs~", "#one.rs#", "4913", ".hidden.rs"] {
        fs::write(src.join(name), "x").unwrap();
    }
    // A save of what was there already is none.
    course.learner(WRONG);
    // And a new file renamed over the old one is one.
    fs::write(src.join(".one.rs.new"), RIGHT).unwrap();
    fs::rename(src.join(".one.rs.new"), src.join("one.rs")).unwrap();
    watch.hears("10 of 10 points", 1);
    watch.hears(PROMPT, 3);
    watch.press("r");
    watch.hears(PROMPT, 4);
    let (status, said) = watch.quit();
    assert!(status.success());
    // Four texts or wishes, four runs.
    assert_eq!(said.matches(" of 10 points").count(), 4, "{said}");
}

#[test]
fn each_new_text_is_checked_once() {
    follows_saves("watch 9");
}

#[test]
fn without_file_events_it_looks() {
    follows_saves("watch --poll");
}

#[test]
fn a_save_during_a_run_stops_it_and_starts_anew() {
    let course = Course::new();
    // Compiles, and then would run until its time is over.
    let mark = "pub fn one() -> u32 {\n    std::fs::write(std::env::temp_dir().join(\"on\"), \"\").unwrap();\n    \
                loop { std::hint::spin_loop() }\n}\n";
    course.learner(mark);
    let folder = course.root().join("tmp");
    fs::create_dir(&folder).unwrap();
    let mut command = command(&course, "watch 9");
    command.env("TMPDIR", &folder);
    let watch = Watch::start(command);
    // The test's own temporary folder shows that it runs.
    let running = || {
        let tests = fs::read_dir(&folder).unwrap().flatten();
        tests.filter(|t| t.path().join("on").exists()).count()
    };
    let until = Instant::now() + Duration::from_secs(120);
    while running() == 0 {
        assert!(Instant::now() < until, "{}", watch.said());
        thread::sleep(Duration::from_millis(10));
    }
    course.learner(RIGHT);
    watch.hears("10 of 10 points", 1);
    let (status, said) = watch.quit();
    assert!(status.success());
    assert!(!said.contains("timed out"), "{said}");
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        0,
        "something is left"
    );
}

#[test]
fn keys_ask_for_a_hint_and_the_next_exercise() {
    let course = Course::new();
    let mut watch = Watch::on(&course, "watch");
    watch.hears(PROMPT, 1);
    watch.press("h");
    watch.hears("First.", 1);
    watch.press("n");
    watch.hears("0 of 10 points", 2);
    watch.hears(PROMPT, 2);
    course.learner(RIGHT);
    watch.hears(PROMPT, 3);
    watch.press("n");
    watch.hears("every exercise has passed", 1);
    assert!(watch.quit().0.success());
}

#[test]
fn at_a_terminal_a_key_needs_no_enter() {
    let course = Course::new();
    let made = course.xtask("watch 9");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command"]);
    command.arg(format!("{} watch 9", made.get_program().display()));
    command.arg("/dev/null");
    command.envs(made.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    let mut watch = Watch::start(command);
    watch.hears(PROMPT, 1);
    assert!(watch.said().contains("\x1b[2J"), "the screen is cleared");
    assert!(watch.said().contains("\x1b[31m"), "and coloured");
    watch.press("h");
    watch.hears("First.", 1);
    // The key itself is not echoed.
    assert!(!watch.said().contains("\nh"), "{}", watch.said());
    assert!(watch.quit().0.success());
}

/// Interrupts a check in `folder` as soon as `is_there` finds what it looks for, and
/// looks what is left.
fn interrupted(course: &Course, is_there: impl Fn(&Path) -> bool) {
    let folder = course.root().join("tmp");
    fs::create_dir(&folder).unwrap();
    let mut command = command(course, "check 9");
    let child = command
        .env("TMPDIR", &folder)
        .stderr(Stdio::piped())
        .stdout(Stdio::null());
    let child = child.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    while !is_there(&folder) {
        assert!(Instant::now() < until, "it never came to that");
        thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &id]).status();
    assert!(kill.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted"));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?} is left");
}

/// Whether a file called `name…` lies in a folder of `folder`.
fn has_below(folder: &Path, name: &str) -> bool {
    let inside = |e: fs::DirEntry| fs::read_dir(e.path()).into_iter().flatten().flatten();
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    all.flat_map(inside)
        .any(|e| e.file_name().to_string_lossy().starts_with(name))
}

#[test]
fn told_to_end_during_a_test_it_leaves_nothing_behind() {
    let course = Course::new();
    course.learner(
        "pub fn one() -> u32 {\n    std::fs::write(std::env::temp_dir().join(\"on\"), \"\").unwrap();\n    \
         loop { std::thread::park() }\n}\n",
    );
    interrupted(&course, |folder| has_below(folder, "on"));
}

#[test]
fn told_to_end_during_a_build_it_leaves_nothing_behind() {
    // What the linker writes, wherever that is: in the build's own folder, one would
    // hope. A linker that writes nothing leaves nothing, and the tests begin.
    interrupted(&Course::new(), |folder| {
        let all = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = all.map(|e| e.file_name().to_string_lossy().into_owned());
        has_below(folder, "") || names.any(|name| !name.ends_with("-0"))
    });
}

/// What `check 9` says at a terminal of 60 columns, and its exit status.
fn at_a_terminal(course: &Course, more: &str) -> (String, Option<i32>) {
    let made = course.xtask("check 9");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command"]);
    let program = made.get_program().display();
    command.arg(format!("stty cols 60; {program} check 9 {more}"));
    command.arg("/dev/null").stdin(Stdio::null());
    command.envs(made.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.env("TERM", "xterm");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (said, output.status.code())
}

#[test]
fn a_terminal_sees_how_far_a_long_check_is_and_nothing_else_does() {
    let course = Course::new();
    // Long enough to be mentioned; it ends when the bar has surely been drawn.
    course.learner(
        "pub fn one() -> u32 {\n    std::thread::sleep(std::time::Duration::from_secs(2));\n    42\n}\n",
    );
    let (said, status) = at_a_terminal(&course, "");
    assert_eq!(status, Some(0));
    let bar = said.find("[--------------------] 0 of 1 tests of lesson-09, ");
    let report = said.find("10 of 10 points");
    assert!(bar.is_some() && bar < report, "{said:?}");
    // It is wiped before the report begins.
    let wiped = said[..report.unwrap()].rfind("\r\x1b[K").unwrap();
    assert!(!said[wiped..].contains("of 1 tests"), "{said:?}");
    // A pipe sees none of it.
    let output = course.xtask("check 9").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("of 1 tests"), "{said:?}");
}
