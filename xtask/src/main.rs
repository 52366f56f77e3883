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
mod text;
mod trouble;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{bench, book, check, hint, list, solution, test};
use course::Course;

/// A course in Go-style concurrency, and the runtime under it.
///
/// Start with `cargo xtask list`, then `cargo xtask check lesson-01`. A lesson is
/// named by its number (1), id (lesson-01), name (goroutines) or folder.
#[derive(Parser)]
#[command(
    verbatim_doc_comment,
    name = "cargo xtask",
    bin_name = "cargo xtask",
    version
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What each does is said where it is done: in its file of `commands`.
#[derive(Subcommand)]
enum Command {
    List(list::Arguments),
    Check(check::Arguments),
    Hint(hint::Arguments),
    Solution(solution::Arguments),
    Bench(bench::Arguments),
    Book(book::Arguments),
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
