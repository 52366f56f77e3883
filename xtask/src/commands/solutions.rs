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
//! What a learner would read about it stands in `reports/MISTAKE.txt` and is compared:
//! `UPDATE_REPORTS=1 cargo xtask check --solutions` writes all of them anew, to be read
//! like a change of code.
//!
//! `--thorough` (and `cargo xtask test`) also shows that a grade is no luck: the test
//! that rejects a wrong solution gives the same verdict from each of 100 seeds, those
//! before it pass from each of some, and the reference passes while more threads want to
//! run than there are processors.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use marmota_verdict::{Place, Verdict};

use crate::course::{Course, Exercise, Lesson};
use crate::grade::{self, LessonReport, Selection};
use crate::paint::Paint;
use crate::pristine::{Pristine, Sources, read_sources};
use crate::report::{self, Style};
use crate::text::thousands;
use crate::trouble::{Outcome, Trouble};

/// What was found out about solutions, as numbers.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    /// As they must be.
    pub passed: u64,
    /// Not so.
    pub failed: u64,
    /// Not looked at: exercises that somebody has begun are no starters, and reports
    /// that are not written down yet.
    pub skipped: u64,
}

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
        tally: Tally::default(),
        thorough,
        updates: std::env::var_os("UPDATE_REPORTS").is_some(),
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
    /// What the learner would read.
    report: String,
}

/// What came of grading a solution that compiles.
struct Done {
    report: LessonReport,
    warnings: usize,
    program: PathBuf,
}

const PLAIN: Style = Style {
    paint: Paint::plain(),
    verbose: false,
    next_lesson: None,
};

/// Seeds from which the test that rejects a wrong solution must do so, and from which
/// the tests that pass it must pass it.
const SEEDS: u64 = 100;
const SEEDS_OF_THE_PASSED: u64 = 3;
/// Schedules a test of the reference under load, and seeds besides.
const SCHEDULES: u64 = 1_000;

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

struct Job<'a> {
    course: &'a Course,
    pristine: Pristine,
    paint: Paint,
    tally: Tally,
    thorough: bool,
    /// Write the reports instead of comparing them.
    updates: bool,
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
        self.stale_reports(lesson)?;
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
        let graded = self.graded(lesson, reference, &[])?;
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
        Ok(())
    }

    /// The reference must pass from any seed, whatever else the machine does.
    fn under_load(&self, lesson: &Lesson, program: &Path) -> Outcome<Result<String, String>> {
        let _busy = Busy::new();
        let selection = Selection {
            schedules: Some(SCHEDULES),
            ..Selection::default()
        };
        let report = grade::grade(lesson, program, self.pristine.root(), selection)?;
        let mut runs = 0;
        for test in report.exercises.iter().flat_map(|e| &e.tests) {
            let name = &test.report.test;
            if !test.report.verdict.is_pass() {
                return Ok(Err(format!("{name}: {}", in_short(test))));
            }
            runs += test.report.schedules;
            let verdicts = self.verdicts_of(program, name, SEEDS_OF_THE_PASSED)?;
            if let Err(why) = all_are(Verdict::Passed, name, &verdicts) {
                return Ok(Err(why));
            }
        }
        Ok(Ok(format!(
            "{} schedules, and {SEEDS_OF_THE_PASSED} seeds a test",
            thousands(runs)
        )))
    }

    fn verdicts_of(&self, program: &Path, test: &str, seeds: u64) -> Outcome<Vec<Verdict>> {
        grade::verdicts(test, seeds, program, self.pristine.root())
    }

    /// The verdict that names a wrong solution must not depend on the seed: neither the
    /// test that gave it nor those that came before it may be lucky.
    fn whatever_the_seed(&self, done: &Done, must: Verdict) -> Outcome<Result<String, String>> {
        use Verdict::{DoesNotCompile, ExitedEarly, OutOfMemory, Tampered, TimedOut};
        if matches!(
            must,
            DoesNotCompile | ExitedEarly | OutOfMemory | Tampered | TimedOut
        ) {
            // These end the process, or never come to it.
            return Ok(Ok(String::new()));
        }
        let tests = done.report.exercises.iter().flat_map(|e| &e.tests);
        for test in tests {
            let name = &test.report.test;
            let (verdict, seeds) = match test.report.verdict.is_pass() {
                true => (Verdict::Passed, SEEDS_OF_THE_PASSED),
                false => (must, SEEDS),
            };
            let verdicts = self.verdicts_of(&done.program, name, seeds)?;
            if let Err(why) = all_are(verdict, name, &verdicts) {
                return Ok(Err(why));
            }
            if !verdict.is_pass() {
                break;
            }
        }
        Ok(Ok(format!(", from {SEEDS} seeds")))
    }

    /// Compares what a learner reads about a mistake with what is written down.
    /// One that nobody has written down yet is counted as skipped.
    fn compare(
        &mut self,
        lesson: &Lesson,
        mistake: &str,
        text: &str,
    ) -> Result<&'static str, String> {
        let lines = text.lines().count();
        if lines > report::LINES {
            return Err(format!("its report has {lines} lines, which is too many"));
        }
        let folder = self.course.solution_folder(lesson).join("reports");
        let path = folder.join(format!("{mistake}.txt"));
        if self.updates {
            return std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, text))
                .map(|()| "")
                .map_err(|e| format!("cannot write {}: {e}", path.display()));
        }
        let Ok(known) = std::fs::read_to_string(&path) else {
            self.tally.skipped += 1;
            return Ok("; its report is not written down yet: UPDATE_REPORTS=1");
        };
        if known == text {
            return Ok("");
        }
        Err(format!(
            "its report is not what solutions/{}/reports/{mistake}.txt says; write it with \
             UPDATE_REPORTS=1 cargo xtask check --solutions {} and read the difference",
            lesson.id, lesson.number
        ))
    }

    /// A report without its wrong solution: one was renamed.
    fn stale_reports(&mut self, lesson: &Lesson) -> Outcome<()> {
        let folder = self.course.solution_folder(lesson);
        let Ok(reports) = std::fs::read_dir(folder.join("reports")) else {
            return Ok(());
        };
        for report in reports.flatten() {
            let name = report.file_name().to_string_lossy().into_owned();
            let mistake = name.strip_suffix(".txt").unwrap_or(&name);
            if folder.join("wrong").join(mistake).is_dir() {
                continue;
            }
            let result = if self.updates {
                std::fs::remove_file(report.path())
                    .map(|()| "removed: there is no such wrong solution".to_owned())
                    .map_err(|e| e.to_string())
            } else {
                Err("there is no such wrong solution; delete it".to_owned())
            };
            self.say(&format!("reports/{name}"), result);
        }
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
                self.tally.failed += 1;
                println!(
                    "  {} {what:38} {text}",
                    self.paint.verdict(Verdict::WrongResult, "FAILED")
                );
            }
        }
    }
}

/// Whether all verdicts on a test are the one they must be.
fn all_are(must: Verdict, test: &str, verdicts: &[Verdict]) -> Result<(), String> {
    let other = (0..).zip(verdicts).find(|(_, verdict)| **verdict != must);
    match other {
        None if verdicts.is_empty() => Err(format!("{test} was run from no seed")),
        None => Ok(()),
        Some((seed, verdict)) => Err(format!(
            "{test} gives `{verdict}` in place of `{must}` from seed {seed}: what decides has to \
             be in every schedule, or in many more of them"
        )),
    }
}

/// Threads that keep all processors busy while it lives.
struct Busy {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    fn new() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let spin = || {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                // Relaxed: only its being set counts, and not when that is seen.
                while !ends.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..2 * processors).map(|_| spin()).collect();
        Self { ends, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("it only spins");
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
