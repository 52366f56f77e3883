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
//!
//! Each graded test should be the first that some wrong solution fails: one that never
//! is may be unable to fail. Those are named at the end of a lesson, as skipped.
//!
//! What a learner would read about it stands in `reports/MISTAKE.txt` and is compared:
//! `UPDATE_REPORTS=1 cargo xtask check --solutions` writes all of them anew, to be read
//! like a change of code.
//!
//! `--thorough` (and `cargo xtask test`) also shows that a grade is no luck: the test
//! that rejects a wrong solution gives the same verdict from each of 100 seeds, those
//! before it pass from each of some, and the reference passes while more threads want to
//! run than there are processors.

mod reports;
mod steady;
mod wrong;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use marmota_verdict::{Place, Verdict};

use self::reports::PLAIN;
use self::wrong::mistakes_of;
use crate::course::{Course, Exercise, Lesson};
use crate::grade::{self, LessonReport, Selection};
use crate::paint::Paint;
use crate::pristine::{Pristine, Sources, read_sources};
use crate::report;
use crate::tally::Tally;
use crate::trouble::{Outcome, Trouble};

/// Grades the solutions of `lessons`, or of all if none is named.
pub fn run(course: &Course, lessons: &[Lesson], thorough: bool) -> Outcome<ExitCode> {
    let tally = if lessons.is_empty() {
        grade_all(course, &course.lessons()?, thorough)?
    } else {
        grade_all(course, lessons, thorough)?
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
pub fn grade_all(course: &Course, lessons: &[Lesson], thorough: bool) -> Outcome<Tally> {
    let all = course.lessons()?;
    let mut job = Job {
        course,
        pristine: Pristine::lay_out(course, &all)?,
        paint: Paint::for_stdout(),
        lesson: String::new(),
        tally: Tally::default(),
        thorough,
        rejecting: BTreeSet::new(),
        updates: std::env::var_os("UPDATE_REPORTS").is_some(),
    };
    for lesson in lessons {
        println!("{} {}", lesson.short(), lesson.about.title);
        job.lesson = lesson.short();
        job.lesson(lesson)?;
    }
    Ok(job.tally)
}

/// Code that the compiler does not accept.
struct Rejected {
    at: Option<Place>,
    message: String,
    /// What the learner would read.
    report: String,
}

/// What came of grading a solution that compiles.
struct Done {
    report: LessonReport,
    warnings: usize,
    program: PathBuf,
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

struct Job<'a> {
    course: &'a Course,
    pristine: Pristine,
    paint: Paint,
    /// The one being looked at, by its short name.
    lesson: String,
    tally: Tally,
    thorough: bool,
    /// The graded tests that were the first to fail for a wrong solution.
    rejecting: BTreeSet<String>,
    /// Write the reports instead of comparing them.
    updates: bool,
}

impl Job<'_> {
    fn lesson(&mut self, lesson: &Lesson) -> Outcome<()> {
        let folder = self.course.solution_folder(lesson);
        let reference = sources(&folder.join("src"), lesson)?;
        let tests = self.reference(lesson, &reference)?;
        self.starter(lesson, &reference)?;
        let mut mistakes = 0;
        for mistake in mistakes_of(&folder.join("wrong")).map_err(|e| unreadable(lesson, &e))? {
            let wrong = sources(&folder.join("wrong").join(&mistake), lesson)?;
            self.wrong(lesson, &reference, &mistake, &wrong)?;
            mistakes += 1;
        }
        self.stale_reports(lesson)?;
        self.never_failed(&tests);
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

    /// Names the tests that no wrong solution fails first.
    fn never_failed(&mut self, tests: &[String]) {
        let rejecting = std::mem::take(&mut self.rejecting);
        let idle: Vec<&String> = tests.iter().filter(|t| !rejecting.contains(*t)).collect();
        self.tally.skipped += idle.len() as u64;
        for test in idle {
            println!("  note   {test:38} no wrong solution fails it first");
        }
    }

    /// The reference must get all points, without a warning. Gives the names of all tests.
    fn reference(&mut self, lesson: &Lesson, reference: &Sources) -> Outcome<Vec<String>> {
        let graded = self.graded(lesson, reference, &[])?;
        let exercises = graded.iter().flat_map(|done| &done.report.exercises);
        let tests = exercises
            .flat_map(|e| &e.tests)
            .map(|test| test.report.test.clone())
            .collect();
        let program = graded.as_ref().ok().map(|done| done.program.clone());
        let result = graded.map_err(|rejected| rejected.to_string()).and_then(
            |Done {
                 report, warnings, ..
             }| {
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
            },
        );
        self.say("reference", result);
        if let Some(program) = program.filter(|_| self.thorough) {
            let result = self.under_load(lesson, &program)?;
            self.say("reference, on a busy machine", result);
        }
        Ok(tests)
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
            .and_then(
                |Done {
                     report, warnings, ..
                 }| {
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
                },
            );
        self.say("starter", result);
        Ok(())
    }

    /// Builds and grades `sources`; an error says in a line why there is no report.
    fn graded(
        &self,
        lesson: &Lesson,
        sources: &Sources,
        exercises: &[String],
    ) -> Outcome<Result<Done, Rejected>> {
        let built = match self.pristine.build(lesson, sources)? {
            Ok(built) => built,
            Err(broken) => {
                let first = &broken.errors[0];
                return Ok(Err(Rejected {
                    at: first.place(),
                    message: first.message.clone(),
                    report: report::broken(lesson, broken.verdict, &broken.errors, PLAIN),
                }));
            }
        };
        let selection = Selection {
            exercises,
            ..Selection::default()
        };
        let report = grade::grade(lesson, &built.program, self.pristine.root(), selection)?;
        Ok(Ok(Done {
            report,
            warnings: built.warnings.len(),
            program: built.program,
        }))
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
                self.tally.fail(format!("{} {what}: {text}", self.lesson));
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
