//! `list`: what there is to learn, and how far the last checks got.

use std::process::ExitCode;

use crate::commands::progress::mark;
use crate::course::Course;
use crate::paint::Paint;
use crate::progress::Progress;
use crate::trouble::Outcome;

/// List the lessons and their exercises
#[derive(clap::Args)]
pub struct Arguments {}

/// Prints the lessons by part, with their exercises.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let paint = Paint::for_stdout();
    let progress = Progress::load(course);
    let mut part = String::new();
    for lesson in course.lessons()? {
        if lesson.about.part != part {
            part.clone_from(&lesson.about.part);
            println!("{}", paint.bold(&format!("Part {part}")));
        }
        println!(
            "\n  {:02} {} — {}",
            lesson.number, lesson.name, lesson.about.summary
        );
        for exercise in &lesson.about.exercises {
            println!(
                "     {} {:12} {:>3} points  {}",
                mark(progress.standing(&lesson, exercise)),
                exercise.id,
                exercise.points,
                exercise.summary
            );
        }
    }
    println!("\n  x passed, ~ passed and changed since. Go on with: cargo xtask next");
    Ok(ExitCode::SUCCESS)
}
