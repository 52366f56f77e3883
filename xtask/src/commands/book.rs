//! `book`: builds the book, or serves it. The builder is a workspace of its own,
//! so that nobody who only grades code ever compiles it.

use std::process::ExitCode;

use crate::cargo;
use crate::course::Course;
use crate::trouble::{Outcome, Trouble};

/// Build the book, or serve it with --open
#[derive(clap::Args)]
pub struct Arguments {
    /// Serve it on this machine and open a browser; follows your changes
    #[arg(long)]
    open: bool,
}

/// The builder's manifest.
pub const BUILDER: &str = "book/builder/Cargo.toml";

/// Runs the book's builder.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    if !course.root.join(BUILDER).is_file() {
        return Err(Trouble::new(
            format!("the book's builder, {BUILDER}, is not there"),
            "restore it: git checkout -- book",
        ));
    }
    let mut command = cargo::command(&course.root);
    command.args(["run", "--quiet", "--manifest-path", BUILDER, "--"]);
    command.args(if arguments.open {
        &["serve", "--open"][..]
    } else {
        &["build"]
    });
    let status = command.status().map_err(|e| cargo::not_started(&e))?;
    if !status.success() {
        return Err(Trouble::new(
            "the book could not be built",
            "read the message above; the first build fetches mdbook's libraries once",
        ));
    }
    if !arguments.open {
        println!("the book is in book/build/index.html; serve it with: cargo xtask book --open");
    }
    Ok(ExitCode::SUCCESS)
}
