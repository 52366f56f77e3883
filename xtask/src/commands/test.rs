//! `test`: everything that must hold before a change is taken, in one command.
//!
//! It ends with one line, `N passed, N failed`, that counts every test of every
//! step: a test function is one, and so is a clean format, a lint run without a
//! warning, a solution graded as it must be, pages of documentation or a book whose
//! links lead somewhere.
//! All steps run, whatever an earlier one found. Nothing executed is a failure. What
//! failed is said once more before that line, so that the end of a long output has it.

use std::ffi::OsStr;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::cargo;
use crate::commands::book::BUILDER;
use crate::commands::protect;
use crate::commands::solutions;
use crate::course::{Course, Lesson};
use crate::libtest::counted;
use crate::tally::Tally;
use crate::trouble::{Outcome, Trouble};

/// Run every test of the repository: format, lints, tests, solutions, book
#[derive(clap::Args)]
pub struct Arguments {}

/// Runs all steps, and sums up.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let lessons = course.lessons()?;
    let mut all = Tally::default();
    let mut failures = String::new();
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
            Tally::failure(trouble.to_string())
        });
        let tally = if tally.is_empty() {
            println!("nothing ran, and nothing executed is never a pass");
            Tally::failure("nothing ran")
        } else {
            tally
        };
        println!(
            "== {name}: {} passed, {} failed ({:.0} s)",
            tally.passed,
            tally.failed,
            started.elapsed().as_secs_f64()
        );
        failures += &tally.failures_of(name);
        all.add(tally);
    }
    if !failures.is_empty() {
        print!("\nFailed, and told in full above:\n{failures}");
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
        Tally::pass()
    } else {
        Tally::failure(format!("{status}: {}", in_words(&command)))
    })
}

/// A command as one would type it.
fn in_words(command: &Command) -> String {
    let words = std::iter::once(OsStr::new("cargo")).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
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
        all.add(tally);
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
    if stale.is_empty() {
        return Ok(Tally::pass());
    }
    let mut tally = Tally::default();
    for name in &stale {
        let why = format!("{name} is not true; `cargo xtask protect` writes it: commit that, too");
        println!("{why}");
        tally.fail(why);
    }
    Ok(tally)
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
        sum.add(one(course, &[&builder, task].concat())?);
    }
    Ok(sum)
}
