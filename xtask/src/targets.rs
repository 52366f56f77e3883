//! What a learner wants checked: `1`, `1 both`, `1/2`, `1 2 waitgroup`, everything.
//!
//! Read from left to right: a word that names an exercise of the lesson before it
//! narrows that lesson down; every other word is a lesson. A bare number always is
//! a lesson, so the second exercise of the first lesson is `1/2`.

use crate::commands::next;
use crate::course::{Course, Lesson};
use crate::progress::Progress;
use crate::trouble::{Outcome, Trouble};

/// A lesson, and the exercises of it that are meant; none means all.
pub struct Target {
    /// The lesson.
    pub lesson: Lesson,
    /// Ids of exercises.
    pub exercises: Vec<String>,
}

/// What `words` mean.
pub fn read(course: &Course, words: &[String]) -> Outcome<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for word in words {
        let is_number = word.parse::<u32>().is_ok();
        if let Some(last) = targets.last_mut().filter(|_| !is_number) {
            let as_exercise = last.lesson.exercise(word).map(|e| e.id.clone());
            match (as_exercise, course.lesson(word)) {
                (Ok(id), _) => {
                    last.exercises.push(id);
                    continue;
                }
                (Err(_), Ok(lesson)) => {
                    targets.push(Target::whole(lesson));
                    continue;
                }
                (Err(no_exercise), Err(_)) if !word.contains('/') => return Err(no_exercise),
                _ => {}
            }
        }
        let narrowed = word.trim_end_matches('/').rsplit_once('/');
        match (course.lesson(word), narrowed) {
            (Ok(lesson), _) => targets.push(Target::whole(lesson)),
            (Err(_), Some((lesson, exercise))) => {
                let lesson = course.lesson(lesson)?;
                let id = lesson.exercise(exercise)?.id.clone();
                targets.push(Target {
                    lesson,
                    exercises: vec![id],
                });
            }
            (Err(unknown), None) => return Err(unknown),
        }
    }
    Ok(targets)
}

/// Every lesson.
pub fn all(course: &Course) -> Outcome<Vec<Target>> {
    let lessons = course.lessons()?;
    if lessons.is_empty() {
        return Err(Trouble::new(
            "there are no lessons in `lessons`",
            "restore them: git checkout -- lessons",
        ));
    }
    Ok(lessons.into_iter().map(Target::whole).collect())
}

/// The lesson to work on now.
pub fn next(course: &Course) -> Outcome<Target> {
    let lessons = course.lessons()?;
    let progress = Progress::load(course);
    let Some((lesson, _)) = next::first_open(&lessons, &progress) else {
        return Err(Trouble::new(
            "every exercise has passed, so there is nothing to go on with",
            "name a lesson: cargo xtask check 1; cargo xtask list shows all of them",
        ));
    };
    Ok(Target::whole(course.lesson(&lesson.id)?))
}

impl Target {
    const fn whole(lesson: Lesson) -> Self {
        Self {
            lesson,
            exercises: Vec::new(),
        }
    }
}
