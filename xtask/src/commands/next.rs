//! `next`: the exercise to work on now.

use std::process::ExitCode;

use crate::course::{self, Course, Exercise, Lesson};
use crate::progress::{Progress, Standing};
use crate::trouble::Outcome;

/// Show the exercise to work on now
///
/// The first in the course's order whose code, as it stands, has not passed.
#[derive(clap::Args)]
pub struct Arguments {}

/// Prints what is to be built and what to type.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let progress = Progress::load(course);
    let lessons = course.lessons()?;
    let Some((lesson, exercise)) = first_open(&lessons, &progress) else {
        println!("Every exercise has passed. `cargo xtask progress` shows them.");
        return Ok(ExitCode::SUCCESS);
    };
    let standing = match progress.standing(lesson, exercise) {
        Standing::Untried => String::new(),
        standing => format!(" ({})", standing.words()),
    };
    println!(
        "{} {}, exercise {}: {}{standing}\n",
        lesson.short(),
        lesson.about.title,
        exercise.id,
        exercise.summary
    );
    let source = lesson.source(exercise);
    let text = course::read(&lesson.folder.join("src").join(&exercise.file), &source)?;
    for line in text.lines().map_while(|line| line.strip_prefix("//!")) {
        println!("  {}", line.trim());
    }
    let number = lesson.number;
    let id = &exercise.id;
    println!("\n  write    {source}:{}", lesson.line_of_item(exercise));
    println!("  check    cargo xtask check {number} {id}");
    println!("  hint     cargo xtask hint {number} {id}");
    println!("  chapter  {}", lesson.about.chapter);
    Ok(ExitCode::SUCCESS)
}

/// The first exercise whose code has not passed as it stands.
pub fn first_open<'a>(
    lessons: &'a [Lesson],
    progress: &Progress,
) -> Option<(&'a Lesson, &'a Exercise)> {
    let all = lessons
        .iter()
        .flat_map(|l| l.about.exercises.iter().map(move |e| (l, e)));
    all.into_iter()
        .find(|(lesson, exercise)| !progress.standing(lesson, exercise).is_pass())
}
