//! `check --solutions`: grades the course itself. A lesson's tests are worth what
//! they tell apart, so each of these is a test of the tests:
//!
//! - the reference gets full points, and the compiler has nothing to say about it;
//! - the starter compiles without a warning and each exercise is "not started";
//! - each wrong solution is rejected by the verdict its first line names:
//!
//! ```text
//! //! Verdict: deadlock. The first job is waited for before the second starts.
//! ```
//!
//! A wrong solution is a folder `wrong/MISTAKE` with the files it replaces in the
//! reference. The files tell which exercises it gets wrong.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use marmota_verdict::{Place, Verdict};

use crate::course::{Course, Exercise, Lesson};
use crate::grade::{self, LessonReport, Selection};
use crate::paint::Paint;
use crate::pristine::{Pristine, Sources, read_sources};
use crate::trouble::{Outcome, Trouble};

/// What was found out about solutions, as numbers.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    /// As they must be.
    pub passed: u64,
    /// Not so.
    pub failed: u64,
    /// Not looked at: exercises that somebody has begun are no starters.
    pub skipped: u64,
}

/// Grades the solutions of `lessons`, or of all if none is named.
pub fn run(course: &Course, lessons: &[Lesson]) -> Outcome<ExitCode> {
    let tally = if lessons.is_empty() {
        grade_all(course, &course.lessons()?)?
    } else {
        grade_all(course, lessons)?
    };
    println!(
        "\nsolutions: {} as they must be, {} not, {} skipped",
        tally.passed, tally.failed, tally.skipped
    );
    Ok(if tally.failed == 0 && tally.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Grades the solutions of `lessons` and prints a line on each.
pub fn grade_all(course: &Course, lessons: &[Lesson]) -> Outcome<Tally> {
    let all = course.lessons()?;
    let mut job = Job {
        course,
        pristine: Pristine::lay_out(course, &all)?,
        paint: Paint::for_stdout(),
        tally: Tally::default(),
    };
    for lesson in lessons {
        println!("{} {}", lesson.short(), lesson.about.title);
        job.lesson(lesson)?;
    }
    Ok(job.tally)
}

/// Code that the compiler does not accept.
struct Rejected {
    at: Option<Place>,
    message: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Verdict::DoesNotCompile)?;
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Whether a wrong solution of `exercise` got the verdict that it must get.
fn as_named(
    must: Verdict,
    lesson: &Lesson,
    exercise: &Exercise,
    graded: Result<(LessonReport, usize), Rejected>,
) -> Result<String, String> {
    let report = match graded {
        Ok((report, _)) => report,
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

struct Job<'a> {
    course: &'a Course,
    pristine: Pristine,
    paint: Paint,
    tally: Tally,
}

impl Job<'_> {
    fn lesson(&mut self, lesson: &Lesson) -> Outcome<()> {
        let folder = self.course.solution_folder(lesson);
        let reference = sources(&folder.join("src"), lesson)?;
        self.reference(lesson, &reference)?;
        self.starter(lesson, &reference)?;
        let mut mistakes = 0;
        for mistake in mistakes_of(&folder.join("wrong")).map_err(|e| unreadable(lesson, &e))? {
            let wrong = sources(&folder.join("wrong").join(&mistake), lesson)?;
            self.wrong(lesson, &reference, &mistake, &wrong)?;
            mistakes += 1;
        }
        if mistakes == 0 {
            self.say(
                "wrong",
                Err(
                    "there is no wrong solution, so nothing shows that the tests reject any".into(),
                ),
            );
        }
        Ok(())
    }

    /// The reference must get all points, without a warning.
    fn reference(&mut self, lesson: &Lesson, reference: &Sources) -> Outcome<()> {
        let result = self
            .graded(lesson, reference, &[])?
            .map_err(|rejected| rejected.to_string())
            .and_then(|(report, warnings)| {
                let failed = report.exercises.iter().find(|e| !e.verdict.is_pass());
                match failed.and_then(|e| e.failure()) {
                    Some(graded) => Err(format!(
                        "{} in {}: {}",
                        graded.report.verdict,
                        graded.report.test,
                        in_short(graded)
                    )),
                    None if report.points != lesson.points() => {
                        Err(format!("{} of {} points", report.points, lesson.points()))
                    }
                    None if warnings > 0 => Err(format!("{warnings} warnings of the compiler")),
                    None => Ok(format!("{} of {} points", report.points, report.of)),
                }
            });
        self.say("reference", result);
        Ok(())
    }

    /// Each exercise that still is a starter must be "not started", and nothing else.
    fn starter(&mut self, lesson: &Lesson, reference: &Sources) -> Outcome<()> {
        let mut starter = sources(&lesson.folder.join("src"), lesson)?;
        let (untouched, begun): (Vec<&Exercise>, Vec<&Exercise>) =
            lesson.about.exercises.iter().partition(|e| {
                starter
                    .get(e.file.as_ref() as &Path)
                    .is_some_and(|text| text.contains("todo!("))
            });
        // What somebody has begun may not even compile: the reference stands in.
        for exercise in &begun {
            let file = PathBuf::from(&exercise.file);
            if let Some(text) = reference.get(&file) {
                starter.insert(file, text.clone());
            }
            self.tally.skipped += 1;
        }
        if untouched.is_empty() {
            return Ok(());
        }
        let result = self
            .graded(lesson, &starter, &[])?
            .map_err(|rejected| rejected.to_string())
            .and_then(|(report, warnings)| {
                let wrong = report.exercises.iter().find(|e| {
                    untouched.iter().any(|u| u.id == e.id) && e.verdict != Verdict::NotStarted
                });
                match wrong {
                    Some(e) => Err(format!("{} is `{}`, not `not started`", e.id, e.verdict)),
                    None if warnings > 0 => Err(format!("{warnings} warnings of the compiler")),
                    None => Ok(format!(
                        "0 points, {} exercises not started",
                        untouched.len()
                    )),
                }
            });
        self.say("starter", result);
        Ok(())
    }

    /// A wrong solution must get the verdict it names, in each file it replaces.
    fn wrong(
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
                    as_named(must, lesson, exercise, graded)
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

    /// Builds and grades `sources`; an error says in a line why there is no report.
    fn graded(
        &self,
        lesson: &Lesson,
        sources: &Sources,
        exercises: &[String],
    ) -> Outcome<Result<(LessonReport, usize), Rejected>> {
        let built = match self.pristine.build(lesson, sources)? {
            Ok(built) => built,
            Err(broken) => {
                let first = &broken.errors[0];
                return Ok(Err(Rejected {
                    at: first.place(),
                    message: first.message.clone(),
                }));
            }
        };
        let selection = Selection {
            exercises,
            ..Selection::default()
        };
        let report = grade::grade(lesson, &built.program, self.pristine.root(), selection)?;
        Ok(Ok((report, built.warnings.len())))
    }

    fn say(&mut self, what: &str, result: Result<String, String>) {
        match result {
            Ok(text) => {
                self.tally.passed += 1;
                println!(
                    "  {} {what:38} {text}",
                    self.paint.verdict(Verdict::Passed, "ok    ")
                );
            }
            Err(text) => {
                self.tally.failed += 1;
                println!(
                    "  {} {what:38} {text}",
                    self.paint.verdict(Verdict::WrongResult, "FAILED")
                );
            }
        }
    }
}

fn in_short(graded: &grade::Graded) -> String {
    let r = &graded.report;
    let part = |label: &str, text: &Option<String>| {
        text.as_ref()
            .map_or(String::new(), |t| format!("; {label} {t}"))
    };
    format!(
        "{}{}{}",
        r.happened,
        part("expected", &r.expected),
        part("seen", &r.seen)
    )
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
fn mistakes_of(folder: &Path) -> io::Result<Vec<String>> {
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

fn sources(folder: &Path, lesson: &Lesson) -> Outcome<Sources> {
    read_sources(folder).map_err(|e| unreadable(lesson, &e))
}

fn unreadable(lesson: &Lesson, e: &io::Error) -> Trouble {
    Trouble::new(
        format!("the solutions of {} cannot be read: {e}", lesson.id),
        format!(
            "restore them: git checkout -- solutions/{0} lessons/{0}",
            lesson.id
        ),
    )
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
