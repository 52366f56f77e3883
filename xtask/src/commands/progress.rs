//! `progress`: how far the learner is, and how that is made anew.

use std::process::ExitCode;

use serde::Serialize;

use crate::cargo::{self, BuildOptions};
use crate::course::Course;
use crate::grade::{self, Selection};
use crate::progress::{self, Progress, Standing};
use crate::trouble::Outcome;

/// Show how far you are
///
/// A verdict counts for the text it was given on: after an edit the exercise is
/// "changed since", until the next check.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// Forget all verdicts and grade every lesson again
    #[arg(long)]
    rebuild: bool,
    /// Print one JSON object instead
    #[arg(long)]
    json: bool,
}

/// The version of what `--json` prints.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Json {
    schema: u32,
    points: u32,
    of: u32,
    exercises: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    lesson: String,
    exercise: String,
    passed: bool,
    standing: String,
    points: u32,
    of: u32,
}

/// Prints a line an exercise and the sums.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let lessons = course.lessons()?;
    if arguments.rebuild {
        rebuild(course)?;
    }
    let progress = Progress::load(course);
    let row = |lesson: &crate::course::Lesson, exercise: &crate::course::Exercise| {
        let standing = progress.standing(lesson, exercise);
        Row {
            lesson: lesson.id.clone(),
            exercise: exercise.id.clone(),
            passed: standing.is_pass(),
            standing: standing.words(),
            points: if standing.is_pass() {
                exercise.points
            } else {
                0
            },
            of: exercise.points,
        }
    };
    let rows: Vec<Row> = lessons
        .iter()
        .flat_map(|l| l.about.exercises.iter().map(|e| row(l, e)))
        .collect();
    let json = Json {
        schema: SCHEMA,
        points: rows.iter().map(|r| r.points).sum(),
        of: rows.iter().map(|r| r.of).sum(),
        exercises: rows,
    };
    if arguments.json {
        let text = serde_json::to_string(&json).expect("strings and numbers always serialize");
        println!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    for lesson in &lessons {
        let own = json.exercises.iter().filter(|r| r.lesson == lesson.id);
        let points: u32 = own.clone().map(|r| r.points).sum();
        println!(
            "{} {}: {points} of {} points",
            lesson.short(),
            lesson.about.title,
            lesson.points()
        );
        for r in own {
            println!(
                "  {} {:12} {:>3}/{:<3} {}",
                if r.passed { "x" } else { "-" },
                r.exercise,
                r.points,
                r.of,
                r.standing
            );
        }
    }
    let passed = json.exercises.iter().filter(|r| r.passed).count();
    println!(
        "\n{passed} of {} exercises, {} of {} points; go on with: cargo xtask next",
        json.exercises.len(),
        json.points,
        json.of
    );
    Ok(ExitCode::SUCCESS)
}

/// Grades everything as it stands. A lesson that does not compile has no verdicts.
fn rebuild(course: &Course) -> Outcome<()> {
    let mut reports = Vec::new();
    for lesson in course.lessons()? {
        let sources = progress::sources(&lesson);
        let options = BuildOptions::of(&course.root);
        let built = cargo::build_graded(&lesson.id, options)?;
        let Some(built) = built.ok().filter(|built| built.outside.is_empty()) else {
            eprintln!(
                "{} cannot be graded; why: cargo xtask check {}",
                lesson.short(),
                lesson.number
            );
            continue;
        };
        let selection = Selection {
            shown: true,
            ..Selection::default()
        };
        let report = grade::grade(&lesson, &built.program, &course.root, selection)?;
        reports.push((lesson, report, sources));
    }
    Progress::update(course, |progress| {
        progress.forget_verdicts();
        for (lesson, report, sources) in &reports {
            progress.take(lesson, report, sources);
        }
    });
    Ok(())
}

/// The mark of an exercise in a list: passed, changed since it passed, or neither.
pub const fn mark(standing: Standing) -> char {
    match standing {
        Standing::Graded(verdict) if verdict.is_pass() => 'x',
        Standing::ChangedSince(verdict) if verdict.is_pass() => '~',
        _ => '-',
    }
}
