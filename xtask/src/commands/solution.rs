//! `solution`: the reference, to compare with.

use std::process::ExitCode;

use crate::commands::Choice;
use crate::course::{self, Course};
use crate::trouble::Outcome;

/// Show the reference solution
///
/// Without an exercise: where all of them are.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    choice: Choice,
}

/// Prints the reference's file, or the list of files.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let lesson = course.lesson(&arguments.choice.lesson)?;
    let folder = course.solution_folder(&lesson).join("src");
    if let Some(word) = &arguments.choice.exercise {
        let exercise = lesson.exercise(word)?;
        let path = folder.join(&exercise.file);
        let name = course.short(&path);
        let text = course::read(&path, &name)?;
        println!("// {name}\n\n{}", text.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "The reference of {} {}:\n",
        lesson.short(),
        lesson.about.title
    );
    for exercise in &lesson.about.exercises {
        println!(
            "  {:12} {}",
            exercise.id,
            course.short(&folder.join(&exercise.file))
        );
    }
    println!(
        "\nshow one: cargo xtask solution {} EXERCISE",
        lesson.number
    );
    println!(
        "what goes wrong, and why: {}",
        course.short(&course.solution_folder(&lesson).join("wrong"))
    );
    Ok(ExitCode::SUCCESS)
}
