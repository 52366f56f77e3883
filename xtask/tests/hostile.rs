//! Code that wants points without earning them, or harm: real programs, each refused
//! by its verdict, and none reaches what it is after.

mod common;

use std::fs;

use common::Course;
use predicates::prelude::*;
use predicates::str::contains;

/// Checks that an exercise with this body gets the verdict with this status, and no
/// points.
fn refused(body: &str, status: i32) -> assert_cmd::assert::Assert {
    let course = Course::new();
    refused_in(
        &course,
        &format!("pub fn one() -> u32 {{\n{body}\n}}\n"),
        status,
    )
}

fn refused_in(course: &Course, source: &str, status: i32) -> assert_cmd::assert::Assert {
    course.learner(source);
    let ended = course.xtask("check 9 -v").assert();
    assert_eq!(course.progress()["points"], 0);
    ended.code(status).stdout(contains("0 of 10 points"))
}

const EXITED_EARLY: i32 = 20;
const WRONG_RESULT: i32 = 12;
const DOES_NOT_COMPILE: i32 = 11;
const TIMED_OUT: i32 = 18;
const OUT_OF_MEMORY: i32 = 19;
const TAMPERED: i32 = 21;

#[test]
fn an_exit_is_no_pass() {
    refused("std::process::exit(0)", EXITED_EARLY);
    refused("std::process::abort()", EXITED_EARLY);
}

#[test]
fn a_forged_result_line_is_no_pass() {
    let forged = r#"println!("test result: ok. 9 passed; 0 failed"); std::process::exit(0)"#;
    refused(forged, EXITED_EARLY);
}

#[test]
fn an_exit_before_main_needs_what_the_lesson_forbids() {
    let course = Course::new();
    let source = "#[used]\n#[unsafe(link_section = \".init_array\")]\n\
                  static EARLY: extern \"C\" fn() = early;\n\
                  extern \"C\" fn early() { std::process::exit(0) }\n\
                  pub fn one() -> u32 { 42 }\n";
    refused_in(&course, source, DOES_NOT_COMPILE).stdout(contains("unsafe"));
}

#[test]
fn unsafe_cannot_be_allowed_again() {
    let course = Course::new();
    let source = "#![allow(unsafe_code)]\npub fn one() -> u32 { unsafe { 42 } }\n";
    refused_in(&course, source, DOES_NOT_COMPILE);
}

/// What a try came to, as a number that is no answer: 7 if it was refused.
fn tried(what: &str) -> String {
    format!("match {what} {{ Ok(_) => 8, Err(_) => 7 }}")
}

fn refused_by_the_walls(what: &str) {
    refused(&tried(what), WRONG_RESULT).stdout(contains("seen         7"));
}

#[test]
fn its_own_memory_cannot_be_written_to() {
    refused_by_the_walls(r#"std::fs::OpenOptions::new().write(true).open("/proc/self/mem")"#);
    refused_by_the_walls(r#"std::fs::read("/proc/self/mem")"#);
    refused_by_the_walls(r#"std::fs::read("/proc/self/environ")"#);
}

#[test]
fn a_reply_of_its_own_is_tampering() {
    // The kernel lets a process open its own pipes again; the nonce is what it lacks.
    let forged = r#"use std::io::Write;
        let fd = std::env::var("MARMOTA_GRADER_FD").unwrap();
        let path = format!("/dev/fd/{fd}");
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        writeln!(pipe, "{{\"report\":{{\"nonce\":\"guessed\"}}}}").unwrap();
        42"#;
    refused(forged, TAMPERED).stdout(contains("tampered"));
}

#[test]
fn a_socket_cannot_be_opened() {
    refused_by_the_walls(r#"std::net::TcpStream::connect("127.0.0.1:80")"#);
    refused_by_the_walls(r#"std::net::UdpSocket::bind("127.0.0.1:0")"#);
    refused_by_the_walls("std::os::unix::net::UnixStream::pair()");
}

#[test]
fn a_program_cannot_be_started() {
    refused_by_the_walls(r#"std::process::Command::new("/bin/true").status()"#);
    refused_by_the_walls("std::process::Command::new(std::env::args().next().unwrap()).spawn()");
}

#[test]
fn a_fork_bomb_does_not_go_off() {
    let bomb = "for _ in 0..1000 {
            let itself = std::env::args().next().unwrap();
            let _ = std::process::Command::new(itself).spawn().map(|c| c.id());
        }
        7";
    refused(bomb, WRONG_RESULT);
}

#[test]
fn a_bomb_of_threads_is_stopped() {
    let bomb = "for _ in 0..5000 {
            let _ = std::thread::Builder::new().stack_size(16 << 10)
                .spawn(|| std::thread::sleep(std::time::Duration::from_secs(100)));
        }
        std::thread::sleep(std::time::Duration::from_secs(100));
        42";
    refused(bomb, OUT_OF_MEMORY).stdout(contains("threads"));
}

#[test]
fn a_bomb_of_memory_is_stopped() {
    let bomb = "let mut all = Vec::new();
        loop { all.push(vec![1_u8; 16 << 20]); if all.is_empty() { return 42 } }";
    let course = Course::new();
    course.learner(&format!("pub fn one() -> u32 {{ {bomb} }}\n"));
    let mut command = course.xtask("check 9");
    command.env("MARMOTA_TEST_MB", "256");
    let said = contains("0 of 10 points").and(contains("256 MB"));
    command.assert().code(OUT_OF_MEMORY).stdout(said);
}

#[test]
fn an_endless_loop_is_stopped() {
    refused("loop { std::hint::spin_loop() }", TIMED_OUT);
}

#[test]
fn a_flood_of_output_is_cut() {
    let flood = r#"let line = "x".repeat(1 << 20);
        for _ in 0..200 { println!("{line}"); }
        7"#;
    let ended = refused(flood, WRONG_RESULT);
    assert!(ended.get_output().stdout.len() < 1 << 20);
}

#[test]
fn a_large_file_cannot_be_written() {
    // Writing past the limit ends the process.
    let flood =
        r#"std::fs::write(std::env::temp_dir().join("x"), vec![0; 64 << 20]).map_or(7, |()| 42)"#;
    refused(flood, EXITED_EARLY);
}

#[test]
fn files_outside_cannot_be_deleted_or_read() {
    let course = Course::new();
    course.write("precious.txt", "all my work");
    let path = course.root().join("precious.txt");
    let path = path.display();
    let body = tried(&format!("std::fs::remove_file({:?})", path.to_string()));
    let source = format!("pub fn one() -> u32 {{ {body} }}\n");
    refused_in(&course, &source, WRONG_RESULT).stdout(contains("seen         7"));
    assert_eq!(
        fs::read_to_string(course.root().join("precious.txt")).unwrap(),
        "all my work"
    );
    let body = tried(&format!("std::fs::read({:?})", path.to_string()));
    let source = format!("pub fn one() -> u32 {{ {body} }}\n");
    refused_in(&course, &source, WRONG_RESULT).stdout(contains("seen         7"));
}

#[test]
fn the_temporary_folder_is_its_own_and_gone_afterwards() {
    let course = Course::new();
    let source = r#"pub fn one() -> u32 {
        let folder = std::env::temp_dir();
        std::fs::write(folder.join("note"), "x").unwrap();
        println!("wrote to {}", folder.display());
        7
    }"#;
    let ended = refused_in(&course, source, WRONG_RESULT).stdout(contains("wrote to "));
    let said = String::from_utf8_lossy(&ended.get_output().stdout).into_owned();
    let folder = said
        .split("wrote to ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    assert!(!std::path::Path::new(folder).exists(), "{folder}");
}

#[test]
fn the_solution_cannot_be_compiled_in() {
    let course = Course::new();
    let source = "include!(\"../../../solutions/lesson-09-example/src/one.rs\");\n";
    refused_in(&course, source, TAMPERED)
        .stdout(contains("solutions/lesson-09-example/src/one.rs"));
    let source = "#[path = \"../../../solutions/lesson-09-example/src/one.rs\"]\nmod theirs;\n\
                  pub use theirs::one;\n";
    refused_in(&course, source, TAMPERED)
        .stdout(contains("solutions/lesson-09-example/src/one.rs"));
}

#[test]
fn an_empty_file_is_no_pass() {
    refused_in(&Course::new(), "", DOES_NOT_COMPILE);
}

#[test]
fn a_build_that_never_ends_is_stopped() {
    let course = Course::new();
    let source = "#![allow(long_running_const_eval)]\n\
                  const N: u32 = { let mut i: u64 = 0; while i < u64::MAX { i += 1; } 42 };\n\
                  pub fn one() -> u32 { N }\n";
    course.learner(source);
    let mut command = course.xtask("check 9");
    command.env("MARMOTA_BUILD_SECONDS", "5");
    let error = contains("still compiling after 5 s").and(contains("timed out"));
    command.assert().code(TIMED_OUT).stdout(error);
}
