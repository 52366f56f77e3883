//! `hint`: one hint more each time it is asked, from a nudge to nearly the answer.

use std::process::ExitCode;

use crate::course::{self, Course, Exercise, Lesson};
use crate::progress::Progress;
use crate::targets;
use crate::text::reflow;
use crate::trouble::{Outcome, Trouble};

/// Show the next hint to an exercise
///
/// Without an exercise: to the first of the lesson that has not passed yet. Without a
/// lesson: of the one that `next` names.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The lesson: its number, id, name or folder
    lesson: Option<String>,
    /// An exercise of it: its number, id or file
    exercise: Option<String>,
    /// Show the hints up to this one
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    number: Option<u8>,
}

/// Prints a hint and remembers that it was shown.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let lesson = match &arguments.lesson {
        Some(word) => course.lesson(word)?,
        None => targets::next(course)?.lesson,
    };
    let progress = Progress::load(course);
    let exercise = match &arguments.exercise {
        Some(word) => lesson.exercise(word)?,
        None => {
            let exercises = &lesson.about.exercises;
            let open = exercises
                .iter()
                .find(|e| !progress.standing(&lesson, e).is_pass());
            open.or(exercises.first())
                .ok_or_else(|| no_exercise(&lesson))?
        }
    };
    let hints = hints(&lesson, exercise)?;
    let (from, to) = Progress::update(course, |progress| {
        let shown = &mut progress.entry(&lesson, &exercise.id).hints;
        let (from, to) = match arguments.number {
            Some(n) => (0, usize::from(n).min(hints.len())),
            None => {
                let next = (*shown).min(hints.len() - 1);
                (next, next + 1)
            }
        };
        *shown = to.max(*shown);
        (from, to)
    });
    for (i, hint) in hints[from..to].iter().enumerate() {
        println!(
            "{} {}, hint {} of {}\n",
            lesson.short(),
            exercise.id,
            from + i + 1,
            hints.len()
        );
        println!("{}\n", reflow(hint, 78));
    }
    let word = lesson.number;
    let id = &exercise.id;
    if to < hints.len() {
        println!("one more: cargo xtask hint {word} {id}");
    } else {
        println!("that was the last; the answer: cargo xtask solution {word} {id}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The hints in `hints/EXERCISE.md`: what follows each second-level heading.
fn hints(lesson: &Lesson, exercise: &Exercise) -> Outcome<Vec<String>> {
    let name = format!("lessons/{}/hints/{}.md", lesson.id, exercise.id);
    let text = course::read(
        &lesson
            .folder
            .join("hints")
            .join(format!("{}.md", exercise.id)),
        &name,
    )?;
    let hints = split(&text);
    if hints.is_empty() {
        return Err(Trouble::new(
            format!("there are no hints in {name}"),
            format!("restore it: git checkout -- {name}"),
        ));
    }
    Ok(hints)
}

fn split(text: &str) -> Vec<String> {
    let mut hints = Vec::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            hints.push(String::new());
        } else if let Some(hint) = hints.last_mut() {
            hint.push_str(line);
            hint.push('\n');
        }
    }
    hints
        .iter()
        .map(|hint| hint.trim_start_matches('\n').trim_end().to_owned())
        .collect()
}

fn no_exercise(lesson: &Lesson) -> Trouble {
    Trouble::new(
        format!("lessons/{}/lesson.toml lists no exercise", lesson.id),
        format!(
            "restore it: git checkout -- lessons/{}/lesson.toml",
            lesson.id
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_what_stands_under_the_headings() {
        let text = "# Both\n\n## A nudge\n\nThink.\n\n## More\n\nThink\nharder.\n";
        assert_eq!(split(text), ["Think.", "Think\nharder."]);
    }
}
