//! `test`: everything that must hold before a change is taken, in one command.
//!
//! It ends with one line, `N passed, N failed`, that counts every test of every
//! step: a test function is one, and so is a clean format, a lint run without a
//! warning, a solution graded as it must be, pages of documentation or a book whose
//! links lead somewhere.
//! All steps run, whatever an earlier one found. Nothing executed is a failure.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::cargo;
use crate::commands::book::BUILDER;
use crate::commands::protect;
use crate::commands::solutions::{self, Tally};
use crate::course::{Course, Lesson};
use crate::trouble::{Outcome, Trouble};

/// Run every test of the repository: format, lints, tests, solutions, book
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs all steps, and sums up.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let lessons = course.lessons()?;
    let mut all = Tally::default();
    let mut failures = Vec::new();
    let steps: [(&str, &dyn Fn() -> Outcome<Tally>); 9] = [
        ("format", &|| one(course, &["fmt", "--all", "--check"])),
        ("lints", &|| {
            let lint = ["clippy", "--workspace", "--all-targets", "--quiet"];
            one(course, &[&lint[..], &["--", "-D", "warnings"]].concat())
        }),
        ("other platforms", &|| other_platforms(course)),
        ("documentation", &|| documentation(course)),
        ("protected files", &|| protected(course)),
        ("tests", &|| tests(course, &lessons)),
        ("solutions", &|| {
            solutions::grade_all(course, &lessons, true)
        }),
        ("book builder", &|| {
            let mut command = cargo::command(&course.root);
            command.args(["test", "--quiet", "--manifest-path", BUILDER]);
            counted(command)
        }),
        ("book", &|| book(course)),
    ];
    for (name, step) in steps {
        println!("\n== {name}");
        let started = Instant::now();
        let tally = step().unwrap_or_else(|trouble| {
            print!("{trouble}");
            failed()
        });
        let tally = if tally.passed + tally.failed + tally.skipped == 0 {
            println!("nothing ran, and nothing executed is never a pass");
            failed()
        } else {
            tally
        };
        println!(
            "== {name}: {} passed, {} failed ({:.0} s)",
            tally.passed,
            tally.failed,
            started.elapsed().as_secs_f64()
        );
        if tally.failed > 0 {
            failures.push(name);
        }
        all.passed += tally.passed;
        all.failed += tally.failed;
        all.skipped += tally.skipped;
    }
    if !failures.is_empty() {
        println!(
            "\nfailed: {}; the output above says what and where",
            failures.join(", ")
        );
    }
    let skipped = match all.skipped {
        0 => String::new(),
        n => format!(", {n} skipped"),
    };
    println!("\n{} passed, {} failed{skipped}", all.passed, all.failed);
    Ok(if all.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

const fn failed() -> Tally {
    Tally {
        passed: 0,
        failed: 1,
        skipped: 0,
    }
}

/// A command that is one test: it succeeds or not.
fn one(course: &Course, arguments: &[&str]) -> Outcome<Tally> {
    let mut command = cargo::command(&course.root);
    command.args(arguments);
    succeeds(command)
}

/// The pages of `cargo doc`, without a warning: a link that leads nowhere is one.
fn documentation(course: &Course) -> Outcome<Tally> {
    let mut command = cargo::command(&course.root);
    command.args(["doc", "--workspace", "--no-deps", "--quiet"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    succeeds(command)
}

fn succeeds(mut command: Command) -> Outcome<Tally> {
    let status = command.status().map_err(|e| cargo::not_started(&e))?;
    Ok(if status.success() {
        Tally {
            passed: 1,
            ..Tally::default()
        }
    } else {
        failed()
    })
}

/// What the runtime is kept compiling for, beside the platform it is proven on.
const OTHER_PLATFORMS: [&str; 2] = ["aarch64-unknown-linux-gnu", "aarch64-apple-darwin"];

/// The runtime compiles for the other platforms whose standard library is installed.
fn other_platforms(course: &Course) -> Outcome<Tally> {
    let mut all = Tally::default();
    for target in OTHER_PLATFORMS {
        if !has_std(target) {
            println!(
                "{target}: skipped, its standard library is missing: rustup target add {target}"
            );
            all.skipped += 1;
            continue;
        }
        // No lints: what is an unneeded cast there is needed here.
        let check = ["check", "-p", "marmota", "--quiet", "--target", target];
        let tally = one(course, &check)?;
        all.passed += tally.passed;
        all.failed += tally.failed;
    }
    Ok(all)
}

/// Whether programs can be compiled for `target`.
fn has_std(target: &str) -> bool {
    Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .is_ok_and(|output| {
            let folder = String::from_utf8_lossy(&output.stdout);
            output.status.success() && std::path::Path::new(folder.trim()).is_dir()
        })
}

/// The lists of the course's own files are true.
fn protected(course: &Course) -> Outcome<Tally> {
    let stale = protect::stale(course)?;
    for name in &stale {
        println!("{name} is not true; `cargo xtask protect` writes it: commit that, too");
    }
    Ok(Tally {
        passed: u64::from(stale.is_empty()),
        failed: stale.len() as u64,
        skipped: 0,
    })
}

/// All test functions and documentation examples. The starters' own tests are
/// meant to fail and are looked at in the next step.
fn tests(course: &Course, lessons: &[Lesson]) -> Outcome<Tally> {
    let mut command = cargo::command(&course.root);
    command.args(["test", "--workspace", "--quiet", "--no-fail-fast"]);
    for lesson in lessons {
        command.args(["--exclude", &lesson.id]);
    }
    counted(command)
}

/// The book is built, each of its links leads somewhere, and what it shows of programs
/// is what they print today.
fn book(course: &Course) -> Outcome<Tally> {
    if !course.root.join(BUILDER).is_file() {
        return Err(Trouble::new(
            format!("the book's builder, {BUILDER}, is not there"),
            "restore it: git checkout -- book",
        ));
    }
    let mut sum = Tally::default();
    for task in [&["build"][..], &["check"], &["regenerate", "--check"]] {
        let builder = ["run", "--quiet", "--manifest-path", BUILDER, "--"];
        let tally = one(course, &[&builder, task].concat())?;
        sum.passed += tally.passed;
        sum.failed += tally.failed;
    }
    Ok(sum)
}

/// Runs a cargo test, shows what it says, and adds up its result lines. A run
/// that fails without a failed test (it did not compile) is one failure.
pub(super) fn counted(mut command: Command) -> Outcome<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| cargo::not_started(&e))?;
    let mut sum = Tally::default();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|p| BufReader::new(p).split(b'\n'))
    {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(tally) = result_line(&line) {
            sum.passed += tally.passed;
            sum.failed += tally.failed;
            sum.skipped += tally.skipped;
        }
    }
    let status = child.wait().map_err(|e| cargo::not_started(&e))?;
    if !status.success() && sum.failed == 0 {
        sum.failed = 1;
    }
    Ok(sum)
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn result_line(line: &str) -> Option<Tally> {
    let counts = line
        .trim()
        .strip_prefix("test result: ")?
        .split_once(". ")?
        .1;
    let count = |word: &str| {
        counts
            .split(';')
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
            .unwrap_or(0)
    };
    Some(Tally {
        passed: count("passed"),
        failed: count("failed"),
        skipped: count("ignored"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_of_a_test_program_is_added_up() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 5 filtered out; \
                    finished in 0.02s";
        let tally = result_line(line).unwrap();
        assert_eq!((tally.passed, tally.failed, tally.skipped), (12, 3, 4));
        assert!(result_line("test sums ... ok").is_none());
    }
}
