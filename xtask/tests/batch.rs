//! `grade`: sixty made submissions (right, wrong, unfinished, hostile), each with the
//! marks it must get; and a batch that is killed and goes on.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use common::{Course, STARTER};
use predicates::prelude::*;
use predicates::str::contains;

/// An exercise with this body.
fn one(body: &str) -> String {
    format!("pub fn one() -> u32 {{ {body} }}\n")
}

/// Programs that try something and give 7 when it is refused.
const TRIES: [&str; 12] = [
    r#"std::fs::read("/proc/self/mem")"#,
    r#"std::fs::OpenOptions::new().write(true).open("/proc/self/mem")"#,
    r#"std::fs::read_dir("/proc")"#,
    r#"std::fs::read("/etc/passwd")"#,
    r#"std::fs::read_dir("/")"#,
    r#"std::fs::remove_file(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/graded/main.rs"))"#,
    r#"std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/one.rs"), "")"#,
    r#"std::net::TcpListener::bind("127.0.0.1:0")"#,
    r#"std::net::UdpSocket::bind("0.0.0.0:0")"#,
    r#"std::process::Command::new("sh").arg("-c").arg("exit 0").status()"#,
    r#"std::process::Command::new(std::env::args().next().unwrap()).status()"#,
    r#"std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../../solutions"))"#,
];

/// Names, sources and the verdict of each.
fn made() -> Vec<(String, String, &'static str)> {
    let mut all = Vec::new();
    let mut add = |kind: &str, source: String, verdict| {
        all.push((format!("{kind}-{:02}", all.len()), source, verdict));
    };
    // Right, each in its own words.
    for n in 1..=15_u32 {
        add("right", one(&format!("{n} + {}", 42 - n)), "passed");
    }
    for n in 1..=12_u32 {
        add("wrong", one(&format!("42 + {n}")), "wrong result");
    }
    for n in 1..=4_u32 {
        add("starter", format!("{STARTER}// {n}\n"), "not started");
    }
    for body in ["\"no number\"", "42; ", "let x = ; x", "crate::gone()"] {
        add("broken", one(body), "does not compile");
    }
    add("empty", String::new(), "does not compile");
    for body in [
        "std::process::exit(0)",
        "println!(\"test result: ok. 1 passed; 0 failed\"); std::process::exit(0)",
        "std::process::abort()",
        "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { std::hint::black_box(deep(n - 1)) + 1 } } std::thread::spawn(|| deep(u64::MAX)).join().unwrap() as u32",
    ] {
        let verdict = if body.contains("deep") {
            "panicked"
        } else {
            "exited early"
        };
        add("exit", one(body), verdict);
    }
    for what in TRIES {
        let body = format!("match {what} {{ Ok(_) => 42, Err(_) => 7 }}");
        add("hostile", one(&body), "wrong result");
    }
    add("loop", one("loop { std::hint::spin_loop() }"), "timed out");
    add(
        "memory",
        one(
            "let mut a = vec![]; loop { a.push(vec![1_u8; 1 << 24]); if a.is_empty() { return 42 } }",
        ),
        "out of memory",
    );
    add(
        "threads",
        one(
            "for _ in 0..4000 { let _ = std::thread::Builder::new().stack_size(16 << 10)\
             .spawn(|| std::thread::park()); } loop { std::thread::park() }",
        ),
        "out of memory",
    );
    add(
        "flood",
        one("for _ in 0..99 { println!(\"{}\", \"x\".repeat(1 << 20)) } 7"),
        "wrong result",
    );
    add(
        "unsafe",
        one("unsafe { std::mem::transmute(42_u32) }"),
        "does not compile",
    );
    add(
        "early",
        format!(
            "#[used]\n#[unsafe(link_section = \".init_array\")]\n\
             static E: extern \"C\" fn() = e;\nextern \"C\" fn e() {{ std::process::exit(0) }}\n{}",
            one("42")
        ),
        "does not compile",
    );
    add(
        "include",
        "include!(\"PRECIOUS/solution.rs\");\n".into(),
        "tampered",
    );
    add(
        "forged-trouble",
        format!(
            "compile_error!(\"No space left on device\");\n{}",
            one("42")
        ),
        "does not compile",
    );
    all
}

/// A course beside a folder of submissions.
fn prepared() -> Course {
    let course = Course::new();
    // Makes the lock file and the first copies.
    course.xtask("check 9").assert().code(10);
    course
}

fn submit(course: &Course, name: &str, file: &str, text: &str) {
    course.write(&format!("submitted/{name}/{file}"), text);
}

fn grade(course: &Course, more: &str) -> assert_cmd::Command {
    let dir = course.root().join("submitted");
    let mut command = course.xtask(&format!("grade {} --lesson 9 {more}", dir.display()));
    command.env("MARMOTA_TEST_MB", "256");
    command
}

/// Verdict and points by submission, as the summary has them.
fn marks(course: &Course) -> BTreeMap<String, (String, u32)> {
    let csv = fs::read_to_string(course.root().join("submitted.grades/results.csv")).unwrap();
    csv.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (
                fields[0].to_owned(),
                (fields[4].to_owned(), fields[2].parse().unwrap()),
            )
        })
        .collect()
}

#[test]
fn sixty_submissions_get_the_marks_they_must_get() {
    let course = prepared();
    course.write("solution.rs", &one("42"));
    let mut expected = BTreeMap::new();
    for (name, source, verdict) in made() {
        let root = course.root().display().to_string();
        let source = source.replace("PRECIOUS", &root);
        submit(&course, &name, "src/one.rs", &source);
        expected.insert(name, verdict);
    }
    // What lies beside the sources is never taken: all of these are right.
    submit(&course, "beside-a", "src/one.rs", &one("42"));
    submit(&course, "beside-a", "build.rs", "fn main() { panic!() }");
    submit(&course, "beside-b", "src/one.rs", &one("42"));
    submit(&course, "beside-b", "Cargo.toml", "[package\n");
    submit(&course, "beside-c", "src/one.rs", &one("42"));
    submit(
        &course,
        "beside-c",
        ".cargo/config.toml",
        "[build]\nrustc = \"/no\"\n",
    );
    // These bring tests of their own that would let anything pass: all are wrong.
    submit(
        &course,
        "tests",
        "lessons/lesson-09-example/src/one.rs",
        &one("1"),
    );
    submit(
        &course,
        "tests",
        "lessons/lesson-09-example/tests/graded/main.rs",
        "fn main() {}",
    );
    for name in ["beside-a", "beside-b", "beside-c"] {
        expected.insert(name.into(), "passed");
    }
    expected.insert("tests".into(), "wrong result");
    // Nothing at all, and a link to what it may not see.
    fs::create_dir_all(course.root().join("submitted/nothing/src")).unwrap();
    expected.insert("nothing".into(), "not started");
    fs::create_dir_all(course.root().join("submitted/link/src")).unwrap();
    symlink(
        course.root().join("solution.rs"),
        course.root().join("submitted/link/src/one.rs"),
    )
    .unwrap();
    expected.insert("link".into(), "tampered");
    assert_eq!(expected.len(), 66);

    grade(&course, "").assert().success();
    let marks = marks(&course);
    let mut differ = Vec::new();
    for (name, verdict) in &expected {
        let points = if *verdict == "passed" { 10 } else { 0 };
        if marks.get(name) != Some(&((*verdict).to_owned(), points)) {
            differ.push(format!("{name}: {:?}, not {verdict}", marks.get(name)));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(marks.len(), expected.len());
    // The course, and what lay beside it, is as it was.
    course.xtask("protect --check").assert().success();
    assert_eq!(course.written(), STARTER);

    // Nothing has changed, so nothing is graded; one that is handed in anew is.
    let again = contains(format!("{} submissions, 0 lessons graded", expected.len()));
    grade(&course, "").assert().success().stdout(again);
    submit(&course, "wrong-15", "src/one.rs", &one("42"));
    let anew = contains("1 lessons graded now");
    grade(&course, "").assert().success().stdout(anew);
    assert_eq!(self::marks(&course)["wrong-15"], ("passed".into(), 10));
}

#[test]
fn a_batch_that_is_killed_goes_on_where_it_was() {
    let course = prepared();
    for n in 0..8 {
        submit(
            &course,
            &format!("s{n}"),
            "src/one.rs",
            &one(&format!("42 + {n}")),
        );
    }
    let lines = course.root().join("submitted.grades/results.jsonl");
    let known = || {
        fs::read_to_string(&lines)
            .unwrap_or_default()
            .lines()
            .count()
    };
    let program = grade(&course, "--jobs 1");
    let mut child = std::process::Command::new(program.get_program())
        .args(program.get_args())
        .envs(program.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while known() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = known();
    grade(&course, "").assert().success();
    assert_eq!(known(), 8, "{before} were there");
    assert_eq!(marks(&course).len(), 8);
    assert_eq!(marks(&course)["s0"], ("passed".into(), 10));
}

#[test]
fn one_submission_can_be_one_task() {
    let course = prepared();
    submit(&course, "ada", "src/one.rs", &one("42"));
    submit(&course, "bob", "src/one.rs", &one("41"));
    let names = contains("[\"ada\",\"bob\"]");
    grade(&course, "--names").assert().success().stdout(names);
    grade(&course, "--index 1").assert().success();
    assert_eq!(marks(&course).len(), 1);
    assert_eq!(marks(&course)["bob"], ("wrong result".into(), 0));
    grade(&course, "--only ada").assert().success();
    assert_eq!(marks(&course)["ada"], ("passed".into(), 10));
    let error = contains("no such submission").and(contains("--names"));
    grade(&course, "--index 2").assert().code(1).stderr(error);
}

#[test]
fn a_course_that_was_bent_grades_nobody() {
    let course = prepared();
    submit(&course, "ada", "src/one.rs", &one("41"));
    let test = "lessons/lesson-09-example/tests/graded/main.rs";
    let text = fs::read_to_string(course.root().join(test)).unwrap();
    course.write(test, &text.replace("Ok(42)", "Ok(_)"));
    let error = contains("these are not the course's own any more")
        .and(contains(test))
        .and(contains("reset --tests"));
    grade(&course, "").assert().code(1).stderr(error);
}

#[test]
fn a_folder_without_submissions_says_what_is_meant() {
    let course = prepared();
    let error = contains("cannot read").and(contains("one folder a submission"));
    grade(&course, "").assert().code(1).stderr(error);
}
