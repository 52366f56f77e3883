//! `cargo xtask`: the course's command line. This file only dispatches; each
//! command is a file of `commands`, each thing they share a file beside this one.

mod backups;
mod bar;
mod bounded;
mod cargo;
mod commands;
mod course;
mod diagnostics;
mod git;
mod gotool;
mod grade;
mod gradebook;
mod interrupt;
mod junit;
mod kept;
mod keys;
mod libtest;
mod measured;
mod own;
mod paint;
mod plot;
mod pristine;
mod progress;
mod report;
mod sandbox;
mod store;
mod submissions;
mod tally;
mod targets;
mod text;
mod trouble;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    bench, book, check, completions, doctor, grade as batch, hint, list, next,
    progress as standing, protect, reset, sanitize, solution, test, undo, update, watch,
};
use course::Course;
use trouble::Outcome;

/// A course in Go-style concurrency, and the runtime under it.
///
/// A day with it:
///
///   cargo xtask next      what to build now, and in which file
///   cargo xtask watch     grades it at each save; keys give hints
///   cargo xtask hint 1    one hint more each time
///   cargo xtask bench 1   once it passes: how fast it is
///
/// A lesson is named by its number (1), id (lesson-01), name (goroutines) or folder.
/// All red is right at the start: a starter is meant to fail until you write it.
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
    Next(next::Arguments),
    Check(check::Arguments),
    Watch(watch::Arguments),
    Hint(hint::Arguments),
    Solution(solution::Arguments),
    Reset(reset::Arguments),
    Undo(undo::Arguments),
    Update(update::Arguments),
    Progress(standing::Arguments),
    Bench(bench::Arguments),
    Book(book::Arguments),
    Grade(batch::Arguments),
    Doctor(doctor::Arguments),
    Test(test::Arguments),
    Sanitize(sanitize::Arguments),
    Protect(protect::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    interrupt::listen();
    let done = match Cli::parse().command {
        // The one command that needs no course.
        Command::Completions(arguments) => completions::run(&arguments),
        command => Course::find().and_then(|course| dispatch(&course, command)),
    };
    done.unwrap_or_else(|trouble| {
        eprint!("{trouble}");
        if interrupt::came() {
            return ExitCode::from(interrupt::STATUS);
        }
        ExitCode::FAILURE
    })
}

fn dispatch(course: &Course, command: Command) -> Outcome<ExitCode> {
    own::remember(course);
    match command {
        Command::List(arguments) => list::run(course, &arguments),
        Command::Next(arguments) => next::run(course, &arguments),
        Command::Check(arguments) => check::run(course, &arguments),
        Command::Watch(arguments) => watch::run(course, &arguments),
        Command::Hint(arguments) => hint::run(course, &arguments),
        Command::Solution(arguments) => solution::run(course, &arguments),
        Command::Reset(arguments) => reset::run(course, &arguments),
        Command::Undo(arguments) => undo::run(course, &arguments),
        Command::Update(arguments) => update::run(course, &arguments),
        Command::Progress(arguments) => standing::run(course, &arguments),
        Command::Bench(arguments) => bench::run(course, &arguments),
        Command::Book(arguments) => book::run(course, &arguments),
        Command::Grade(arguments) => batch::run(course, &arguments),
        Command::Doctor(arguments) => doctor::run(course, &arguments),
        Command::Test(arguments) => test::run(course, &arguments),
        Command::Sanitize(arguments) => sanitize::run(course, &arguments),
        Command::Protect(arguments) => protect::run(course, &arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}
