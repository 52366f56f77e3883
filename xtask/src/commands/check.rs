//! `check`: grades the learner's code in place.

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;

use marmota_verdict::Verdict;
use serde::Serialize;

use crate::cargo::{self, BuildOptions};
use crate::commands::solutions;
use crate::course::{Course, Lesson};
use crate::grade::{self, LessonReport, Selection};
use crate::notes::Notes;
use crate::paint::Paint;
use crate::report::{self, News, Style};
use crate::trouble::{Outcome, Trouble};

/// Grade your code: points, verdict, your line, what to do next
///
/// The exit status says the verdict: 0 passed, 10 not started, 11 does not
/// compile, 12 wrong result, 13 panicked, 14 race, 15 deadlock, 16 leak,
/// 17 livelock, 18 timed out, 19 out of memory, 20 exited early, 21 tampered;
/// 1 and 2 are errors of the command.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The lesson: its number, id, name or folder
    #[arg(required_unless_present = "solutions")]
    lesson: Option<String>,
    /// Only this exercise: its number, id or file
    exercise: Option<String>,
    /// Only this test, by its full name
    #[arg(long, value_name = "NAME")]
    test: Option<String>,
    /// Replay one schedule, as a failed check names it
    #[arg(long, value_name = "SEED")]
    seed: Option<String>,
    /// Explore this many schedules a test [default: each test's own, 1000 or more]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    schedules: Option<u64>,
    /// Show everything: all tests, all waiting goroutines, what was printed
    #[arg(short, long)]
    verbose: bool,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
    /// Grade the course itself: references pass, wrong solutions and starters fail
    #[arg(long, conflicts_with_all = ["exercise", "test", "seed", "schedules", "json"])]
    solutions: bool,
}

/// The version of what `--json` prints.
const SCHEMA: u32 = 1;

/// What `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    schema: u32,
    #[serde(flatten)]
    report: &'a LessonReport,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    compiler: Vec<&'a str>,
}

/// Builds, grades, reports, remembers what passed.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    if arguments.solutions {
        return solutions::run(course, arguments.lesson.as_deref());
    }
    let word = arguments.lesson.as_deref().unwrap_or_default();
    let lesson = course.lesson(word)?;
    let exercise = match &arguments.exercise {
        Some(word) => Some(lesson.exercise(word)?.id.as_str()),
        None => None,
    };
    if arguments.seed.is_some() && arguments.test.is_none() {
        return Err(Trouble::new(
            "a seed names a schedule of one test",
            "give the test's name too, as the failed check did: --test NAME --seed SEED",
        ));
    }
    let paint = if arguments.json {
        Paint::plain()
    } else {
        Paint::for_stdout()
    };
    let style = Style {
        paint,
        verbose: arguments.verbose,
        next_lesson: course.lesson_after(&lesson)?,
    };

    let options = BuildOptions {
        workspace: &course.root,
        target: None,
        colours: paint.is_on(),
    };
    let built = match cargo::build_graded(&lesson.id, options)? {
        Ok(built) => built,
        Err(broken) => {
            if arguments.json {
                let mut report = LessonReport::new(&lesson, Vec::new());
                report.of = lesson.points();
                report.verdict = Verdict::DoesNotCompile;
                print_json(&report, broken.0.iter().map(|m| m.rendered()).collect());
            } else {
                print!("{}", report::broken(&lesson, &broken.0, style));
            }
            return Ok(Verdict::DoesNotCompile.into());
        }
    };
    let selection = Selection {
        exercise,
        test: arguments.test.as_deref(),
        seed: arguments.seed.as_deref(),
        schedules: arguments.schedules,
    };
    let graded = grade::grade(&lesson, &built.program, &course.root, selection)?;
    let newly = if graded.partial {
        None
    } else {
        remember(course, &lesson, &graded)
    };
    if arguments.json {
        print_json(&graded, Vec::new());
    } else {
        let told = newly.or_else(|| {
            exercise
                .filter(|_| graded.verdict.is_pass())
                .map(str::to_owned)
        });
        let news = told.and_then(|id| news(&lesson, &id));
        print!("{}", report::lesson(&lesson, &graded, news.as_ref(), style));
    }
    Ok(graded.verdict.into())
}

fn print_json(report: &LessonReport, compiler: Vec<&str>) {
    let json = Json {
        schema: SCHEMA,
        report,
        compiler,
    };
    let text = serde_json::to_string(&json).expect("strings and numbers always serialize");
    println!("{text}");
}

/// Notes what passed; gives the last exercise that did so for the first time.
fn remember(course: &Course, lesson: &Lesson, graded: &LessonReport) -> Option<String> {
    let mut notes = Notes::load(course);
    let known = &mut notes.lesson(&lesson.id).passed;
    let (passed, failed): (Vec<_>, Vec<_>) =
        graded.exercises.iter().partition(|e| e.verdict.is_pass());
    let before = known.clone();
    known.extend(passed.iter().map(|e| e.id.clone()));
    known.retain(|id| failed.iter().all(|e| e.id != *id));
    let newly: BTreeSet<_> = known.difference(&before).cloned().collect();
    if *known != before {
        notes.save();
    }
    passed
        .iter()
        .rev()
        .map(|e| e.id.clone())
        .find(|id| newly.contains(id))
}

fn news(lesson: &Lesson, exercise: &str) -> Option<News> {
    let path = lesson.folder.join("explain").join(format!("{exercise}.md"));
    Some(News {
        exercise: exercise.to_owned(),
        explanation: fs::read_to_string(path).ok()?,
        command: format!("cargo xtask check {} {exercise} -v", lesson.number),
    })
}
