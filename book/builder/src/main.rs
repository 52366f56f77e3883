//! The book's builder: `build`, `serve`, `check` and `regenerate`.
//!
//! The pages are Markdown under `book/src`, rendered by mdbook used as a library, so that
//! nothing has to be installed. Three rules are kept by this program and not by good will:
//!
//! 1. **No code or output is pasted.** A chapter names a program (`{{#program …}}`, see
//!    [`directive`]); its source is read from the file the compiler reads, its output from a
//!    file that [`regenerate`] writes by running it. A page that names a program which is not
//!    there does not build.
//! 2. **No link is broken and nothing is loaded from the network** ([`links`]).
//! 3. **What is shown is what the programs print today**: `regenerate --check` fails when a
//!    program's output differs from the recorded one.
//!
//! This file only dispatches; each command lives in a module of its own.

mod directive;
mod gotool;
mod layout;
mod links;
mod program;
mod programs;
mod regenerate;
mod render;
mod serve;

use anyhow::Result;
use clap::{Parser, Subcommand};
use layout::Layout;
use std::path::PathBuf;
use std::process::ExitCode;

/// Builds, serves and checks the book.
#[derive(Parser)]
#[command(version, about)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the pages into `build/` of the book's folder.
    Build {
        /// The book's folder (the one with book.toml); found by itself when left out.
        book: Option<PathBuf>,
    },
    /// Build, serve on this machine only, and build again when a file changes.
    Serve {
        /// The book's folder (the one with book.toml); found by itself when left out.
        book: Option<PathBuf>,
        /// Open the book in the browser.
        #[arg(long)]
        open: bool,
        /// Port to listen on; 0 takes a free one.
        #[arg(long, default_value_t = 3000)]
        port: u16,
    },
    /// Build, then check every link, anchor and resource; non-zero exit when one is broken.
    Check {
        /// The book's folder (the one with book.toml); found by itself when left out.
        book: Option<PathBuf>,
    },
    /// Run the programs that the chapters show and record what they print.
    Regenerate {
        /// The book's folder (the one with book.toml); found by itself when left out.
        book: Option<PathBuf>,
        /// Write nothing; fail when a program prints something other than what is recorded.
        #[arg(long)]
        check: bool,
        /// Only programs whose name contains this.
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
    },
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .init();
    match run(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Build { book } => render::build_and_say(&Layout::find(book)?),
        Command::Serve { book, open, port } => serve::serve(&Layout::find(book)?, port, open),
        Command::Check { book } => links::check(&Layout::find(book)?),
        Command::Regenerate { book, check, only } => {
            regenerate::run(&Layout::find(book)?, check, only.as_deref())
        }
    }
}
