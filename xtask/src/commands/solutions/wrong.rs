//! Wrong solutions: each names the verdict it must get in its first line.

use std::io;
use std::path::Path;

use marmota_verdict::Verdict;

use super::reports::PLAIN;
use super::{Done, Job, Rejected, in_short};
use crate::course::{Exercise, Lesson};
use crate::pristine::Sources;
use crate::report;
use crate::trouble::Outcome;

impl Job<'_> {
    /// A wrong solution must get the verdict it names, in each file it replaces.
    pub(super) fn wrong(
        &mut self,
        lesson: &Lesson,
        reference: &Sources,
        mistake: &str,
        wrong: &Sources,
    ) -> Outcome<()> {
        let mut mixed = reference.clone();
        mixed.extend(wrong.clone());
        let mut result = Err("it replaces no exercise's file".to_owned());
        for (file, text) in wrong {
            let is_its = |e: &&Exercise| file.as_os_str() == e.file.as_str();
            let Some(exercise) = lesson.about.exercises.iter().find(is_its) else {
                continue;
            };
            result = match named_verdict(text) {
                Ok(must) => {
                    let graded = self.graded(lesson, &mixed, std::slice::from_ref(&exercise.id))?;
                    self.wrong_once(lesson, exercise, mistake, must, &graded)?
                }
                Err(e) => Err(format!("{}: {e}", file.display())),
            };
            if result.is_err() {
                break;
            }
        }
        self.say(&format!("wrong/{mistake}"), result);
        Ok(())
    }

    /// One file's worth of a wrong solution.
    fn wrong_once(
        &mut self,
        lesson: &Lesson,
        exercise: &Exercise,
        mistake: &str,
        must: Verdict,
        graded: &Result<Done, Rejected>,
    ) -> Outcome<Result<String, String>> {
        let mut text = match as_named(must, lesson, exercise, graded) {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        if let Ok(done) = graded {
            let failures = done.report.exercises.iter().filter_map(|e| e.failure());
            self.rejecting
                .extend(failures.map(|first| first.report.test.clone()));
        }
        let read = match graded {
            Ok(done) => report::lesson(lesson, &done.report, None, PLAIN),
            Err(rejected) => rejected.report.clone(),
        };
        match self.compare(lesson, mistake, &read) {
            Ok(more) => text.push_str(more),
            Err(why) => return Ok(Err(why)),
        }
        if let (Ok(done), true) = (graded, self.thorough) {
            match self.whatever_the_seed(done, must)? {
                Ok(more) => text.push_str(&more),
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(text))
    }
}

/// Whether a wrong solution of `exercise` got the verdict that it must get.
fn as_named(
    must: Verdict,
    lesson: &Lesson,
    exercise: &Exercise,
    graded: &Result<Done, Rejected>,
) -> Result<String, String> {
    let report = match graded {
        Ok(done) => &done.report,
        Err(rejected) => {
            let own = lesson.source(exercise);
            let expected = must == Verdict::DoesNotCompile
                && rejected.at.as_ref().is_some_and(|at| at.file == own);
            let text = rejected.to_string();
            return if expected { Ok(text) } else { Err(text) };
        }
    };
    match report.exercises.first().and_then(|e| e.failure()) {
        None => Err(format!(
            "{} passes; it must be rejected as `{must}`",
            exercise.id
        )),
        Some(g) if g.report.verdict == must => Ok(format!(
            "{must}, in schedule {} of {}",
            g.report.schedules, g.report.test
        )),
        Some(g) => Err(format!(
            "`{}` in {} in place of `{must}`: {}",
            g.report.verdict,
            g.report.test,
            in_short(g)
        )),
    }
}

/// The verdict in a wrong solution's first line.
fn named_verdict(text: &str) -> Result<Verdict, String> {
    let first = text.lines().next().unwrap_or_default();
    let named = first
        .strip_prefix("//! Verdict: ")
        .and_then(|rest| rest.split(['.', ':', ',']).next())
        .ok_or("its first line must be `//! Verdict: NAME. What is wrong.`")?;
    named
        .parse()
        .map_err(|e: marmota_verdict::UnknownVerdict| e.to_string())
}

/// The folders in `wrong`, sorted; none if there is no such folder.
pub(super) fn mistakes_of(folder: &Path) -> io::Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_solution_names_its_verdict_in_its_first_line() {
        let verdict = |text| named_verdict(text);
        assert_eq!(
            verdict("//! Verdict: wrong result. It forgets one."),
            Ok(Verdict::WrongResult)
        );
        assert!(
            verdict("//! Verdict: sequential.")
                .unwrap_err()
                .contains("`sequential`")
        );
        assert!(
            verdict("//! Runs in sequence.")
                .unwrap_err()
                .contains("first line")
        );
        assert!(verdict("").is_err());
    }
}
