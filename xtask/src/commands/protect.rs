//! `protect`: for who writes lessons. Writes down the hashes of the course's own
//! files, so that a change of them is noticed (see `own.rs`).

use std::process::ExitCode;

use crate::course::Course;
use crate::own::{self, Own};
use crate::trouble::{Outcome, Trouble};

/// For authors: write the lists of the course's own files (SHA256SUMS)
#[derive(clap::Args)]
pub struct Arguments {
    /// Only say whether they are true
    #[arg(long)]
    check: bool,
}

/// Writes the lists, or looks at them.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    if arguments.check {
        let stale = stale(course)?;
        for name in &stale {
            println!("{name} is not true: cargo xtask protect");
        }
        return Ok(if stale.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    for own in Own::all(course) {
        if own.write(course).map_err(|e| unreadable(&e))? {
            println!("wrote {}", own.name(course));
        }
    }
    own::remember(course);
    Ok(ExitCode::SUCCESS)
}

/// The lists that are not true.
pub fn stale(course: &Course) -> Outcome<Vec<String>> {
    let mut stale = Vec::new();
    for own in Own::all(course) {
        if !own.is_true().map_err(|e| unreadable(&e))? {
            stale.push(own.name(course));
        }
    }
    Ok(stale)
}

fn unreadable(e: &std::io::Error) -> Trouble {
    Trouble::new(
        format!("the course's files cannot be read or written: {e}"),
        "see that you may read all of the clone and write to `lessons`",
    )
}
