//! `check`: grades the learner's code in place.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use marmota_verdict::Verdict;
use serde::Serialize;

use crate::cargo::{self, BuildOptions};
use crate::commands::solutions;
use crate::course::{Course, Lesson};
use crate::diagnostics::Message;
use crate::grade::{self, LessonReport, Selection};
use crate::junit;
use crate::own::Own;
use crate::paint::Paint;
use crate::progress::{self, Progress};
use crate::report::{self, News, Style};
use crate::targets::{self, Target};
use crate::text::reflow;
use crate::trouble::{Outcome, Trouble};

/// Grade your code: points, verdict, your line, what to do next
///
///   check 1             a lesson: by number, id, name or folder
///   check 1 both        one exercise of it: by id, file or function
///   check 1/2           one exercise of it, by number
///   check 1 2           several lessons; --all for all
///   check               the lesson that `next` names
///
/// The exit status says the verdict: 0 passed, 10 not started, 11 does not
/// compile, 12 wrong result, 13 panicked, 14 race, 15 deadlock, 16 leak,
/// 17 livelock, 18 timed out, 19 out of memory, 20 exited early, 21 tampered;
/// 1 and 2 are errors of the command, 130 is Ctrl-C. Of several lessons the first
/// that did not pass decides.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Lessons, and exercises of the lesson before them [default: what `next` names]
    #[arg(value_name = "LESSON [EXERCISE]")]
    words: Vec<String>,
    /// All lessons
    #[arg(long, conflicts_with = "words")]
    all: bool,
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
    /// Print a JSON object a lesson instead, each on a line of its own
    #[arg(long)]
    json: bool,
    /// Write the results to FILE as JUnit's XML, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Grade the course itself: references pass, wrong solutions and starters fail
    #[arg(long, conflicts_with_all = ["test", "seed", "schedules", "json", "junit"])]
    solutions: bool,
    /// With --solutions: from 100 seeds, and on a busy machine
    #[arg(long, requires = "solutions")]
    thorough: bool,
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tampered: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    borrowed: &'a [String],
}

/// What was found out about a lesson.
struct Checked {
    report: LessonReport,
    /// What the compiler said, if it accepted no program.
    errors: Vec<Message>,
    /// The course's own files that are not as they were.
    tampered: Vec<String>,
    /// Files of others that the learner's code was compiled from.
    borrowed: Vec<String>,
    news: Option<News>,
}

/// Builds, grades, reports, remembers what passed.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let targets = if arguments.all {
        targets::all(course)?
    } else if arguments.words.is_empty() && !arguments.solutions {
        vec![targets::next(course)?]
    } else {
        targets::read(course, &arguments.words)?
    };
    if arguments.solutions {
        let lessons: Vec<Lesson> = targets.into_iter().map(|t| t.lesson).collect();
        return solutions::run(course, &lessons, arguments.thorough);
    }
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
    let mut verdict = Verdict::Passed;
    let mut first_failed = None;
    let mut suites = String::new();
    for target in &targets {
        let checked = check(course, target, arguments, paint.is_on())?;
        let text = checked.shown(course, &target.lesson, paint, arguments.verbose)?;
        if arguments.json {
            checked.print_json();
        } else if targets.len() == 1 || arguments.verbose {
            print!("{text}");
        } else {
            println!("{}", report::line(&target.lesson, &checked.report, paint));
        }
        suites += &junit::suite(&checked.report, &checked.reason());
        if verdict.is_pass() && !checked.report.verdict.is_pass() {
            verdict = checked.report.verdict;
            first_failed = Some(text);
        }
    }
    // Of several lessons only the first to work on is told in full.
    if let Some(text) = first_failed
        && targets.len() > 1
        && !arguments.json
        && !arguments.verbose
    {
        print!("\n{text}");
    }
    if let Some(path) = &arguments.junit {
        fs::write(path, junit::document(&suites)).map_err(|e| {
            Trouble::new(
                format!("cannot write {}: {e}", path.display()),
                "name a file in a folder that exists and that you may write to",
            )
        })?;
    }
    Ok(verdict.into())
}

fn check(
    course: &Course,
    target: &Target,
    arguments: &Arguments,
    colours: bool,
) -> Outcome<Checked> {
    let lesson = &target.lesson;
    let mut tampered = Own::of_lesson(lesson).tampered(course)?;
    tampered.extend(Own::of_course(course).tampered(course)?);
    if !tampered.is_empty() {
        return Ok(Checked {
            report: nothing(lesson, Verdict::Tampered),
            errors: Vec::new(),
            tampered,
            borrowed: Vec::new(),
            news: None,
        });
    }
    // Before the build: what is edited during the check was not graded.
    let sources = progress::sources(lesson);
    let options = BuildOptions {
        colours,
        ..BuildOptions::of(&course.root)
    };
    let built = match cargo::build_graded(&lesson.id, options)? {
        Ok(built) => built,
        Err(broken) => {
            let report = nothing(lesson, broken.verdict);
            Progress::update(course, |progress| progress.take(lesson, &report, &sources));
            return Ok(Checked {
                report,
                errors: broken.errors,
                tampered,
                borrowed: Vec::new(),
                news: None,
            });
        }
    };
    if !built.outside.is_empty() {
        return Ok(Checked {
            report: nothing(lesson, Verdict::Tampered),
            errors: Vec::new(),
            tampered,
            borrowed: built.outside,
            news: None,
        });
    }
    let selection = Selection {
        exercises: &target.exercises,
        test: arguments.test.as_deref(),
        seed: arguments.seed.as_deref(),
        schedules: arguments.schedules,
        shown: true,
    };
    let report = grade::grade(lesson, &built.program, &course.root, selection)?;
    let newly = if report.partial {
        None
    } else {
        Progress::update(course, |progress| progress.take(lesson, &report, &sources))
    };
    let asked = || match &target.exercises[..] {
        [id] if report.verdict.is_pass() => Some(id.clone()),
        _ => None,
    };
    let news = newly.or_else(asked).and_then(|id| news(lesson, &id));
    Ok(Checked {
        report,
        errors: Vec::new(),
        tampered,
        borrowed: Vec::new(),
        news,
    })
}

/// A report on a lesson of which no test could run.
fn nothing(lesson: &Lesson, verdict: Verdict) -> LessonReport {
    let mut report = LessonReport::new(lesson, Vec::new());
    report.of = lesson.points();
    report.verdict = verdict;
    report
}

impl Checked {
    fn shown(
        &self,
        course: &Course,
        lesson: &Lesson,
        paint: Paint,
        verbose: bool,
    ) -> Outcome<String> {
        let style = Style {
            paint,
            verbose,
            next_lesson: course.lesson_after(lesson)?,
        };
        Ok(if !self.tampered.is_empty() {
            report::tampered(lesson, &self.tampered, false, style)
        } else if !self.borrowed.is_empty() {
            report::tampered(lesson, &self.borrowed, true, style)
        } else if !self.errors.is_empty() {
            report::broken(lesson, self.report.verdict, &self.errors, style)
        } else {
            report::lesson(lesson, &self.report, self.news.as_ref(), style)
        })
    }

    /// Why no test ran, if none did.
    fn reason(&self) -> String {
        let errors = self.errors.iter().map(Message::rendered);
        errors.collect::<String>() + &self.tampered.join("\n") + &self.borrowed.join("\n")
    }

    fn print_json(&self) {
        let json = Json {
            schema: SCHEMA,
            report: &self.report,
            compiler: self.errors.iter().map(Message::rendered).collect(),
            tampered: &self.tampered,
            borrowed: &self.borrowed,
        };
        let text = serde_json::to_string(&json).expect("strings and numbers always serialize");
        println!("{text}");
    }
}

fn news(lesson: &Lesson, exercise: &str) -> Option<News> {
    let path = lesson.folder.join("explain").join(format!("{exercise}.md"));
    Some(News {
        exercise: exercise.to_owned(),
        explanation: reflow(&fs::read_to_string(path).ok()?, 78),
        command: format!("cargo xtask check {} {exercise} -v", lesson.number),
    })
}
