//! `reset`: back to the starter, or the course's own files back to what they were.
//! Nothing is lost: a backup is kept first, and `undo` brings it back.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::backups;
use crate::course::Course;
use crate::own::Own;
use crate::store;
use crate::trouble::{Outcome, Trouble};

/// Start an exercise anew, or restore the tests with --tests
///
/// What is replaced is kept first; `cargo xtask undo` brings it back to the byte.
#[derive(clap::Args)]
pub struct Arguments {
    /// The lesson: its number, id, name or folder
    #[arg(required_unless_present = "tests")]
    lesson: Option<String>,
    /// An exercise of it: its number, id or file
    exercise: Option<String>,
    /// Restore the tests, manifests and all else that grades stand on, in every
    /// lesson; leave your code as it is
    #[arg(long, conflicts_with_all = ["lesson", "exercise"])]
    tests: bool,
}

/// Keeps a backup, then writes the course's own bytes.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    if arguments.tests {
        return restore_tests(course);
    }
    let lesson = course.lesson(arguments.lesson.as_deref().unwrap_or_default())?;
    let own = Own::of_lesson(&lesson);
    let exercises = match &arguments.exercise {
        Some(word) => vec![lesson.exercise(word)?],
        None => lesson.about.exercises.iter().collect(),
    };
    let mut starters = Vec::new();
    for exercise in exercises {
        let path = lesson.folder.join("src").join(&exercise.file);
        let starter = own.starter(course, &exercise.file)?;
        if std::fs::read(&path).map_or(true, |there| there != starter) {
            starters.push((path, starter));
        }
    }
    if starters.is_empty() {
        println!("nothing to reset: it is the starter already");
        return Ok(ExitCode::SUCCESS);
    }
    let paths: Vec<PathBuf> = starters.iter().map(|(path, _)| path.clone()).collect();
    let backup = backups::keep(course, &paths)?;
    for (path, starter) in &starters {
        store::put(&course.root, path, starter).map_err(|e| {
            Trouble::new(
                format!("cannot write {}: {e}", course.short(path)),
                format!(
                    "make room; `cargo xtask undo {}` brings your code back",
                    backup.number
                ),
            )
        })?;
        println!("reset {}", course.short(path));
    }
    println!("your code is kept: cargo xtask undo {}", backup.number);
    Ok(ExitCode::SUCCESS)
}

fn restore_tests(course: &Course) -> Outcome<ExitCode> {
    let mut kept = None;
    let mut restored = Vec::new();
    for own in Own::all(course) {
        restored.extend(own.restore(course, &mut |paths| {
            kept = Some(backups::keep(course, paths)?.number);
            Ok(())
        })?);
    }
    for path in &restored {
        println!("restored {path}");
    }
    match kept {
        None => println!("nothing to restore: all is the course's own"),
        Some(last) => println!("as it was before: cargo xtask undo {last}"),
    }
    Ok(ExitCode::SUCCESS)
}
