//! `list`: what there is to learn, and how far the last checks got.

use std::process::ExitCode;

use crate::course::Course;
use crate::notes::Notes;
use crate::paint::Paint;
use crate::trouble::Outcome;

/// List the lessons and their exercises
#[derive(clap::Args)]
pub struct Arguments {}

/// Prints the lessons by part, with their exercises.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let paint = Paint::for_stdout();
    let mut notes = Notes::load(course);
    let mut part = String::new();
    for lesson in course.lessons()? {
        if lesson.about.part != part {
            part.clone_from(&lesson.about.part);
            println!("{}", paint.bold(&format!("Part {part}")));
        }
        let known = notes.lesson(&lesson.id);
        println!(
            "\n  {:02} {} — {}",
            lesson.number, lesson.name, lesson.about.summary
        );
        for exercise in &lesson.about.exercises {
            let passed = known.passed.contains(&exercise.id);
            println!(
                "     {} {:12} {:>3} points  {}",
                if passed { "x" } else { "-" },
                exercise.id,
                exercise.points,
                exercise.summary
            );
        }
    }
    println!("\n  x passed when last checked. Begin with: cargo xtask check 1");
    Ok(ExitCode::SUCCESS)
}
