//! `cargo xtask`: the course's command line. This file only dispatches; each
//! command is a file of `commands`, each thing they share a file beside this one.

mod bounded;
mod cargo;
mod commands;
mod course;
mod diagnostics;
mod grade;
mod notes;
mod paint;
mod pristine;
mod report;
mod trouble;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{bench, book, check, hint, list, solution, test};
use course::Course;

/// A course in Go-style concurrency, and the runtime under it.
///
/// Start with `cargo xtask list`, then `cargo xtask check lesson-01`. A lesson is
/// named by number (1), id (lesson-01), name (goroutines) or folder.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version,
    max_term_width = 80
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the lessons and their exercises
    List(list::Arguments),
    /// Grade your code: points, verdict, your line, what to do next
    Check(check::Arguments),
    /// Show the next hint to an exercise
    Hint(hint::Arguments),
    /// Show the reference solution
    Solution(solution::Arguments),
    /// Measure your code beside the reference and the runtime's own
    Bench(bench::Arguments),
    /// Build the book, or serve it with --open
    Book(book::Arguments),
    /// Run every test of the repository
    Test(test::Arguments),
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let done = Course::find().and_then(|course| match command {
        Command::List(arguments) => list::run(&course, &arguments),
        Command::Check(arguments) => check::run(&course, &arguments),
        Command::Hint(arguments) => hint::run(&course, &arguments),
        Command::Solution(arguments) => solution::run(&course, &arguments),
        Command::Bench(arguments) => bench::run(&course, &arguments),
        Command::Book(arguments) => book::run(&course, &arguments),
        Command::Test(arguments) => test::run(&course, &arguments),
    });
    done.unwrap_or_else(|trouble| {
        eprint!("{trouble}");
        ExitCode::FAILURE
    })
}
