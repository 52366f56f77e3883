//! `undo`: brings back what a reset, an update or another undo has replaced.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::backups::{self, Backup};
use crate::course::Course;
use crate::trouble::{Outcome, Trouble};

/// Bring back what the last reset or update replaced, to the byte
///
/// What stands there now is kept too, so undoing twice changes nothing.
#[derive(clap::Args)]
pub struct Arguments {
    /// The backup to bring back [default: the last]
    number: Option<u32>,
    /// List the backups, oldest first
    #[arg(long)]
    list: bool,
}

/// Keeps the present, then restores a backup.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let all = backups::all(course);
    if arguments.list {
        all.iter().for_each(show);
        return Ok(ExitCode::SUCCESS);
    }
    let chosen = match arguments.number {
        Some(number) => all.iter().find(|backup| backup.number == number),
        None => all.last(),
    };
    let Some(backup) = chosen else {
        return Err(Trouble::new(
            match arguments.number {
                Some(number) => format!("there is no backup {number}"),
                None => "there is nothing to undo: nothing was reset or updated".into(),
            },
            "`cargo xtask undo --list` shows the backups",
        ));
    };
    let paths: Vec<PathBuf> = backup.paths().map(|path| course.root.join(path)).collect();
    let present = backups::keep(course, &paths)?;
    backup.restore(course)?;
    show(backup);
    println!(
        "what stood there is kept: cargo xtask undo {}",
        present.number
    );
    Ok(ExitCode::SUCCESS)
}

fn show(backup: &Backup) {
    let paths: Vec<String> = backup.paths().map(|p| p.display().to_string()).collect();
    println!("{:>4}  {}", backup.number, paths.join("\n      "));
}
