//! Tests whose subject is a whole program: the test executable runs itself again as a
//! child, whose main goroutine is then the program's.

use libtest_mimic::{Arguments, Trial};
use std::process::{Command, Output};

const CHILD: &str = "MARMOTA_TEST_PROGRAM";

/// Runs the program with these variables set besides.
pub type Run<'a> = &'a dyn Fn(&[(&str, &str)]) -> Output;

/// A program, and what its end must look like.
pub struct Program {
    pub name: &'static str,
    pub body: fn(),
    pub check: fn(Run<'_>),
}

/// A test of the ordinary kind, by its name.
pub type Test = (&'static str, fn());

/// Runs one program (in the child) or checks all of them and runs `others`.
pub fn run_all(
    programs: impl IntoIterator<Item = &'static Program>,
    others: impl IntoIterator<Item = &'static Test>,
) {
    let mut programs = programs.into_iter();
    if let Ok(name) = std::env::var(CHILD) {
        // A program that hangs is killed: no test waits for ever.
        // SAFETY: alarm has no preconditions.
        unsafe { libc::alarm(60) };
        let program = programs.find(|p| p.name == name);
        (program.expect("a program's name").body)();
        return;
    }
    let programs = programs.map(|program| {
        Trial::test(program.name, || {
            (program.check)(&|env| {
                Command::new(std::env::current_exe().expect("this test has a path"))
                    .env(CHILD, program.name)
                    .envs(env.iter().copied())
                    .output()
                    .expect("this test can run itself")
            });
            Ok(())
        })
    });
    let others = others.into_iter().map(|&(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), programs.chain(others).collect()).exit();
}

/// Runs `f` as the main goroutine of a runtime as `#[marmota::main]` builds it.
pub fn as_main(f: fn()) {
    let rt = marmota::Runtime::builder()
        .build()
        .expect("the default builds");
    // SAFETY: the programs hold no thread-local's borrow across a blocking call.
    unsafe { rt.run(f) };
}

/// Runs `f` at 1, 2 and 8 Ps, each in a runtime of its own.
pub fn at_every_width(f: fn()) {
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: as above.
        unsafe { rt.run(f) };
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts an end with status 0 and exactly this on standard output.
#[track_caller]
pub fn prints(output: &Output, text: &str) {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{:?} {}",
        output.status,
        stderr(output)
    );
    assert_eq!(stdout(output), text);
}

/// Asserts an end with status 2 and that the words appear on standard error in this
/// order.
#[track_caller]
pub fn ends_with_2_saying(output: &Output, words: &[&str]) {
    let err = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{:?} {err}", output.status);
    let mut rest = err.as_str();
    for word in words {
        let at = rest
            .find(word)
            .unwrap_or_else(|| panic!("no {word:?} in order in:\n{err}"));
        rest = &rest[at + word.len()..];
    }
}
