//! From a built graded test to points.
//!
//! The program is asked for its list of tests, then started once a test, several
//! side by side. What it replies is believed only if everything fits: the nonce,
//! the test's name, exactly one reply, and the exit status of that verdict. In
//! every other case the end of the process decides, and it never is a pass.
//!
//! An exercise is worth its points when all its tests passed, and nothing
//! otherwise: "right on most schedules" is what this course teaches to distrust.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use marmota_verdict::{Reply, Request, Task, TestInfo, TestReport, Verdict};
use serde::Serialize;

use crate::bar::Bar;
use crate::bounded::{self, End, Ended, Limits};
use crate::course::{Exercise, Lesson};
use crate::interrupt;
use crate::text::wrap;
use crate::trouble::{Outcome, Trouble};

/// What to grade, and how.
#[derive(Clone, Copy, Default)]
pub struct Selection<'a> {
    /// Only these exercises; all if there are none.
    pub exercises: &'a [String],
    /// Only this test.
    pub test: Option<&'a str>,
    /// Replay this one schedule.
    pub seed: Option<&'a str>,
    /// Explore so many schedules instead of each test's own number.
    pub schedules: Option<u64>,
    /// Show on a terminal how far it is.
    pub shown: bool,
}

/// How one test ended, with what it printed.
#[derive(Clone, Debug, Serialize)]
pub struct Graded {
    /// The report, by the test itself or made here of the process's end.
    #[serde(flatten)]
    pub report: TestReport,
    /// The beginning of what the process printed.
    pub output: String,
}

/// How one exercise ended.
#[derive(Clone, Debug, Serialize)]
pub struct ExerciseReport {
    /// The exercise.
    pub id: String,
    /// Its file, from the root.
    pub file: String,
    /// Where its item begins in that file.
    pub line: u32,
    /// What it earned.
    pub points: u32,
    /// What it is worth.
    pub of: u32,
    /// The verdict of its first test that did not pass.
    pub verdict: Verdict,
    /// Its tests.
    pub tests: Vec<Graded>,
}

/// How one lesson ended.
#[derive(Clone, Debug, Serialize)]
pub struct LessonReport {
    /// The lesson.
    pub lesson: String,
    /// What it earned.
    pub points: u32,
    /// What the graded exercises are worth.
    pub of: u32,
    /// Only one test ran, or one schedule: it earns nothing, and says nothing about
    /// the exercise it belongs to.
    pub partial: bool,
    /// The verdict of its first exercise that did not pass.
    pub verdict: Verdict,
    /// The graded exercises, in order.
    pub exercises: Vec<ExerciseReport>,
}

impl LessonReport {
    /// Adds up exercises.
    pub fn new(lesson: &Lesson, exercises: Vec<ExerciseReport>) -> Self {
        let failed = exercises.iter().map(|e| e.verdict).find(|v| !v.is_pass());
        Self {
            lesson: lesson.id.clone(),
            points: exercises.iter().map(|e| e.points).sum(),
            of: exercises.iter().map(|e| e.of).sum(),
            verdict: match failed {
                Some(verdict) => verdict,
                None if exercises.is_empty() => Verdict::ExitedEarly,
                None => Verdict::Passed,
            },
            partial: false,
            exercises,
        }
    }
}

impl ExerciseReport {
    /// The first test that did not pass.
    pub fn failure(&self) -> Option<&Graded> {
        self.tests.iter().find(|t| !t.report.verdict.is_pass())
    }

    /// Makes an exercise's verdict of its tests'. No test is no pass.
    pub fn new(lesson: &Lesson, exercise: &Exercise, tests: Vec<Graded>) -> Self {
        let failed = tests
            .iter()
            .map(|t| t.report.verdict)
            .find(|v| !v.is_pass());
        let verdict = match failed {
            Some(verdict) => verdict,
            None if tests.is_empty() => Verdict::ExitedEarly,
            None => Verdict::Passed,
        };
        Self {
            id: exercise.id.clone(),
            file: lesson.source(exercise),
            line: lesson.line_of_item(exercise),
            points: if verdict.is_pass() {
                exercise.points
            } else {
                0
            },
            of: exercise.points,
            verdict,
            tests,
        }
    }
}

/// Grades the lesson whose graded test was built as `program`.
pub fn grade(
    lesson: &Lesson,
    program: &Path,
    folder: &Path,
    selection: Selection<'_>,
) -> Outcome<LessonReport> {
    let all = list(lesson, program, folder)?;
    for exercise in &lesson.about.exercises {
        if !all.iter().any(|t| t.exercise() == exercise.id) {
            return Err(Trouble::new(
                format!(
                    "no graded test of {} tests the exercise `{}`",
                    lesson.id, exercise.id
                ),
                format!(
                    "restore the tests: git checkout -- lessons/{}/tests",
                    lesson.id
                ),
            ));
        }
    }
    let exercises = selection.exercises;
    let chosen: Vec<&TestInfo> = all
        .iter()
        .filter(|t| exercises.is_empty() || exercises.iter().any(|id| t.exercise() == id))
        .filter(|t| selection.test.is_none_or(|name| t.name == name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|t| t.name.as_str()).collect();
        return Err(Trouble::new(
            format!(
                "{} has no test `{}`",
                lesson.short(),
                selection.test.unwrap_or_default()
            ),
            format!(
                "it has these:\n{}",
                wrap(&names.join(", "), 66, usize::MAX).join("\n")
            ),
        ));
    }
    let bar = selection
        .shown
        .then(|| Bar::new(format!("tests of {}", lesson.short()), chosen.len()));
    let graded = run_all(&chosen, program, folder, selection, bar.as_ref());
    // Gone before anything else is written.
    drop(bar);
    let graded = graded?;
    let exercises = lesson
        .about
        .exercises
        .iter()
        .filter(|e| chosen.iter().any(|t| t.exercise() == e.id))
        .map(|e| {
            let of_it = |g: &&Graded| g.report.test.split("::").next() == Some(&e.id);
            ExerciseReport::new(lesson, e, graded.iter().filter(of_it).cloned().collect())
        })
        .collect();
    let mut report = LessonReport::new(lesson, exercises);
    if selection.test.is_some() || selection.seed.is_some() {
        report.partial = true;
        report.points = 0;
        report.exercises.iter_mut().for_each(|e| e.points = 0);
    }
    Ok(report)
}

/// The tests the program says it has.
fn list(lesson: &Lesson, program: &Path, folder: &Path) -> Outcome<Vec<TestInfo>> {
    let request = Request {
        nonce: nonce(),
        task: Task::List,
    };
    let ended = bounded::run(program, folder, &request, None, Limits::usual())
        .map_err(|e| cannot_start(program, &e))?;
    let mut lines = ended.reply.lines();
    match (lines.next().and_then(Reply::from_line), lines.next()) {
        (Some(Reply::Tests { nonce, tests }), None) if nonce == request.nonce => Ok(tests),
        _ => Err(Trouble::new(
            format!(
                "the graded tests of {} do not answer:\n{}",
                lesson.id, ended.output
            ),
            format!(
                "restore them: git checkout -- lessons/{}/tests; if your code runs before\n\
                 main does, take that out",
                lesson.id
            ),
        )),
    }
}

/// Runs the tests side by side, and gives their ends in the tests' order.
fn run_all(
    tests: &[&TestInfo],
    program: &Path,
    folder: &Path,
    selection: Selection<'_>,
    bar: Option<&Bar>,
) -> Outcome<Vec<Graded>> {
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(tests.len());
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![None; tests.len()]);
    thread::scope(|scope| {
        let work = || -> Outcome<()> {
            loop {
                // Only a ticket counter: the results are ordered by their lock.
                let i = next.fetch_add(1, Ordering::Relaxed);
                let Some(test) = tests.get(i) else {
                    return Ok(());
                };
                let graded = run_one(test, program, folder, selection)?;
                done.lock().unwrap_or_else(|p| p.into_inner())[i] = Some(graded);
                if let Some(bar) = bar {
                    bar.step();
                }
            }
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|w| w.join().expect("a worker only returns"))
    })?;
    let done = done.into_inner().unwrap_or_else(|p| p.into_inner());
    Ok(done.into_iter().flatten().collect())
}

fn run_one(
    test: &TestInfo,
    program: &Path,
    folder: &Path,
    selection: Selection<'_>,
) -> Outcome<Graded> {
    let request = Request {
        nonce: nonce(),
        task: Task::Run {
            test: test.name.clone(),
            schedules: selection.schedules,
        },
    };
    let ended = bounded::run(program, folder, &request, selection.seed, Limits::usual())
        .map_err(|e| cannot_start(program, &e))?;
    let report = judge(test, &request.nonce, &ended, Limits::usual());
    Ok(Graded {
        report,
        output: ended.output,
    })
}

/// The verdict on one test from each of so many seeds; none if it did not answer.
pub fn verdicts(test: &str, seeds: u64, program: &Path, folder: &Path) -> Outcome<Vec<Verdict>> {
    let request = Request {
        nonce: nonce(),
        task: Task::Seeds {
            test: test.to_owned(),
            seeds,
        },
    };
    let limits = Limits {
        time: Limits::usual().time * 6,
        ..Limits::usual()
    };
    let ended = bounded::run(program, folder, &request, None, limits)
        .map_err(|e| cannot_start(program, &e))?;
    let mut lines = ended.reply.lines();
    Ok(
        match (lines.next().and_then(Reply::from_line), lines.next()) {
            (Some(Reply::Verdicts { nonce, verdicts }), None) if nonce == request.nonce => verdicts,
            _ => Vec::new(),
        },
    )
}

fn cannot_start(program: &Path, e: &std::io::Error) -> Trouble {
    if interrupt::came() {
        return interrupt::trouble();
    }
    Trouble::new(
        format!("{} cannot be started: {e}", program.display()),
        "check again; if that does not help, `cargo clean` and check once more",
    )
}

/// What a process's end and reply mean.
fn judge(test: &TestInfo, nonce: &str, ended: &Ended, limits: Limits) -> TestReport {
    let say = |verdict, happened: String| TestReport::new(test, verdict, happened);
    let status = match ended.end {
        End::TimedOut => {
            return say(
                Verdict::TimedOut,
                format!(
                    "the test was still running after {} s and was stopped",
                    limits.time.as_secs()
                ),
            );
        }
        End::OutOfMemory => {
            return say(
                Verdict::OutOfMemory,
                format!(
                    "the test took more than {} MB and was stopped",
                    limits.memory >> 20
                ),
            );
        }
        End::TooManyThreads => {
            return say(
                Verdict::OutOfMemory,
                format!(
                    "the test started more than {} threads and was stopped",
                    limits.threads
                ),
            );
        }
        End::Exited(status) => status,
    };
    let mut lines = ended.reply.lines();
    match (lines.next().map(Reply::from_line), lines.next()) {
        (None, _) => exited_early(test, status, &ended.output),
        (Some(Some(Reply::Report { nonce: n, report })), None)
            if n == nonce && report.test == test.name =>
        {
            if status.code() == Some(i32::from(report.verdict.exit_status())) {
                *report
            } else {
                say(
                    Verdict::Tampered,
                    format!(
                        "the test said `{}` and then {}",
                        report.verdict,
                        in_words(status)
                    ),
                )
            }
        }
        _ => say(
            Verdict::Tampered,
            "what came over the grader's own channel was not written by the grader".into(),
        ),
    }
}

/// A process that ended without a word on its channel.
fn exited_early(test: &TestInfo, status: ExitStatus, output: &str) -> TestReport {
    let last = output.lines().rev().find(|l| !l.trim().is_empty());
    let verdict = if output.contains("memory allocation of") {
        Verdict::OutOfMemory
    } else if output.contains("stack overflow") {
        Verdict::Panicked
    } else {
        Verdict::ExitedEarly
    };
    let happened = match verdict {
        Verdict::Panicked => "a goroutine's stack overflowed".to_owned(),
        _ => format!("the process {} before the test was over", in_words(status)),
    };
    let mut report = TestReport::new(test, verdict, happened);
    report.seen = last.map(|line| line.trim().to_owned());
    if report.seen.is_some() {
        report.expected = Some("to run to the end of the test".into());
    }
    report
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was killed by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("ended with status {code}"),
        None => "ended".into(),
    }
}

/// A word nobody can guess: `RandomState` takes its keys from the system.
fn nonce() -> String {
    let word = |n: u8| RandomState::new().hash_one(n);
    format!("{:016x}{:016x}", word(0), word(1))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    fn test() -> TestInfo {
        TestInfo {
            name: "both::meet".into(),
            asks: "two jobs that meet".into(),
        }
    }

    fn ended(code: i32, reply: &str, output: &str) -> Ended {
        Ended {
            end: End::Exited(ExitStatus::from_raw(code << 8)),
            reply: reply.into(),
            output: output.into(),
        }
    }

    fn reply(nonce: &str, name: &str, verdict: Verdict) -> String {
        let test = TestInfo {
            name: name.into(),
            ..test()
        };
        Reply::Report {
            nonce: nonce.into(),
            report: Box::new(TestReport::new(&test, verdict, "")),
        }
        .to_line()
    }

    fn verdict(ended: &Ended) -> Verdict {
        judge(&test(), "right", ended, Limits::usual()).verdict
    }

    #[test]
    fn a_reply_that_fits_in_every_way_is_believed() {
        let good = reply("right", "both::meet", Verdict::Passed);
        assert_eq!(verdict(&ended(0, &good, "")), Verdict::Passed);
        let bad = reply("right", "both::meet", Verdict::Deadlock);
        assert_eq!(verdict(&ended(15, &bad, "")), Verdict::Deadlock);
    }

    #[test]
    fn a_silent_exit_is_never_a_pass() {
        let said = "test result: ok. 9 passed; 0 failed";
        assert_eq!(verdict(&ended(0, "", said)), Verdict::ExitedEarly);
        assert_eq!(verdict(&ended(1, "", "")), Verdict::ExitedEarly);
    }

    #[test]
    fn a_reply_that_does_not_fit_is_tampering() {
        let good = reply("right", "both::meet", Verdict::Passed);
        let guessed = reply("wrong", "both::meet", Verdict::Passed);
        let other = reply("right", "map::order", Verdict::Passed);
        for (what, code, reply) in [
            ("another nonce", 0, guessed),
            ("another test", 0, other),
            ("two replies", 0, format!("{good}{good}")),
            ("a word of its own", 0, "passed\n".into()),
            ("another status", 1, good),
        ] {
            assert_eq!(
                verdict(&ended(code, &reply, "")),
                Verdict::Tampered,
                "{what}"
            );
        }
    }

    #[test]
    fn a_crash_is_named_after_its_cause() {
        let overflow = "goroutine 2: stack overflow";
        assert_eq!(verdict(&ended(2, "", overflow)), Verdict::Panicked);
        let memory = "memory allocation of 8 bytes failed";
        assert_eq!(verdict(&ended(134, "", memory)), Verdict::OutOfMemory);
    }

    #[test]
    fn nonces_differ() {
        assert_ne!(nonce(), nonce());
    }
}
