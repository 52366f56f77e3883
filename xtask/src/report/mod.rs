//! What a learner reads after a check: at most 24 lines, so that it fits any
//! terminal, from the whole to the one thing to do next.
//!
//! ```text
//! lesson-01 Goroutines                                       10 of 100 points
//!
//!   passed        10/10  1 background  start a job and go on without waiting
//!   deadlock       0/15  2 both        run two jobs at the same time
//!
//! deadlock in both::meet, after 1 schedule
//!   asked      two jobs that wait for each other both end
//!   happened   all goroutines wait for each other
//!   your line  lessons/lesson-01-goroutines/src/both.rs:31
//!   …
//! ```
//!
//! Only the first exercise that did not pass is told in full: a learner mends
//! one thing at a time. Everything else is there with `-v` and `--json`.

mod failure;

use std::fmt::Write as _;

use marmota_verdict::Verdict;

use self::failure::failure;
use crate::course::{Exercise, Lesson};
use crate::diagnostics::Message;
use crate::grade::{ExerciseReport, LessonReport};
use crate::paint::Paint;
use crate::text::{cut, thousands, wrap};

/// The most lines a report has, unless more are asked for.
pub const LINES: usize = 24;

/// The width that text is wrapped to.
const WIDTH: usize = 78;

/// How a report is written.
#[derive(Clone, Copy)]
pub struct Style {
    /// Colours.
    pub paint: Paint,
    /// Everything that is known, in as many lines as it takes.
    pub verbose: bool,
    /// The number of the lesson after this one, if there is one.
    pub next_lesson: Option<u32>,
}

/// The report on a lesson. `news` is what to say about exercises that passed for
/// the first time: their explanation, if there is room for it.
pub fn lesson(lesson: &Lesson, report: &LessonReport, news: Option<&News>, style: Style) -> String {
    let mut out = if report.partial {
        let name = format!(
            "{} {}, one test only: no points",
            lesson.short(),
            lesson.about.title
        );
        format!("{}\n\n", style.paint.bold(&name))
    } else {
        heading(lesson, report.points, report.of, style.paint)
    };
    let failed = report.exercises.iter().find(|e| !e.verdict.is_pass());
    overview(&mut out, lesson, report, failed, style);
    let rest = match failed {
        Some(exercise) => {
            let room = LINES.saturating_sub(out.lines().count());
            failure(lesson, exercise, report, style, room)
        }
        None => all_passed(lesson, report, style),
    };
    if let Some(news) = news {
        let why = news.explanation.trim_end();
        let long = format!("\nWhy `{}` works\n{why}\n", news.exercise);
        let lines = |s: &str| s.lines().count();
        if style.verbose || lines(&out) + lines(&long) + lines(&rest) <= LINES {
            out.push_str(&long);
        } else {
            let _infallible = writeln!(out, "  why it works: {}", news.command);
        }
    }
    out + &rest
}

/// An exercise that passes now and did not before.
pub struct News {
    /// Its id.
    pub exercise: String,
    /// What stands in `explain/EXERCISE.md`.
    pub explanation: String,
    /// The command that shows it again.
    pub command: String,
}

/// The report on a lesson that the compiler rejected.
pub fn broken(lesson: &Lesson, verdict: Verdict, errors: &[Message], style: Style) -> String {
    let paint = style.paint;
    let mut out = heading(lesson, 0, lesson.points(), paint);
    let first = &errors[0];
    let title = format!("{verdict}: {}", first.message);
    let _infallible = writeln!(out, "{}", paint.verdict(verdict, &title));
    let own = format!("lessons/{}/src/", lesson.id);
    let place = first.place();
    if let Some(place) = place.as_ref().filter(|p| p.file.starts_with(&own)) {
        field(&mut out, paint, "your line", &place.to_string(), 1);
    }
    out.push('\n');
    let shown = if style.verbose { usize::MAX } else { 11 };
    let lines = first.rendered().trim_end().lines();
    let all = lines.clone().count();
    for line in lines.take(shown) {
        let _infallible = writeln!(out, "  {line}");
    }
    if all > shown {
        let _infallible = writeln!(out, "  … {} more lines with -v", all - shown);
    }
    out.push('\n');
    let next = if place.is_some_and(|p| !p.file.starts_with(&own)) {
        "the tests call what the starter declared: give it back its name, parameters \
         and result; `cargo xtask solution` shows them, `git diff` what you changed"
            .to_owned()
    } else if errors.len() == 1 {
        "mend this error and check again".to_owned()
    } else {
        format!(
            "mend this error, the first of {}, and check again",
            errors.len()
        )
    };
    field(&mut out, paint, "next", &next, 3);
    field(&mut out, paint, "chapter", &lesson.about.chapter, 1);
    out
}

/// The report on a lesson whose tests, or what they stand on, were changed.
/// Or, if they are `borrowed`, on one that is compiled from other people's files.
pub fn tampered(lesson: &Lesson, files: &[String], borrowed: bool, style: Style) -> String {
    let paint = style.paint;
    let mut out = heading(lesson, 0, lesson.points(), paint);
    let what = if borrowed {
        "your code is compiled from files that are not yours"
    } else {
        "these are not the course's own any more"
    };
    let title = format!("{}: {what}", Verdict::Tampered);
    let _infallible = writeln!(out, "{}", paint.verdict(Verdict::Tampered, &title));
    let shown = if style.verbose { usize::MAX } else { 9 };
    for file in files.iter().take(shown) {
        let _infallible = writeln!(out, "  {file}");
    }
    if files.len() > shown {
        let _infallible = writeln!(out, "  … {} more with -v", files.len() - shown);
    }
    out.push('\n');
    if borrowed {
        let next = "write it yourself: take the include!() or #[path] out";
        field(&mut out, paint, "next", next, 1);
        field(&mut out, paint, "chapter", &lesson.about.chapter, 1);
        return out;
    }
    field(&mut out, paint, "think", means(Verdict::Tampered), 2);
    field(&mut out, paint, "next", "cargo xtask reset --tests", 1);
    let note = "your code stays as it is; if you are writing the lesson: cargo xtask protect";
    field(&mut out, paint, "", note, 2);
    field(&mut out, paint, "chapter", &lesson.about.chapter, 1);
    out
}

/// A lesson on one line, where several are reported.
pub fn line(lesson: &Lesson, report: &LessonReport, paint: Paint) -> String {
    let verdict = paint.verdict(report.verdict, &format!("{:16}", report.verdict));
    format!(
        "{verdict} {:>3}/{:<3} {} {}",
        report.points,
        report.of,
        lesson.short(),
        lesson.about.title
    )
}

fn heading(lesson: &Lesson, points: u32, of: u32, paint: Paint) -> String {
    let name = format!("{} {}", lesson.short(), lesson.about.title);
    let points_text = format!("{points} of {of} points");
    let gap = WIDTH
        .saturating_sub(name.chars().count() + points_text.len())
        .max(2);
    let verdict = if points == of {
        Verdict::Passed
    } else {
        Verdict::WrongResult
    };
    format!(
        "{}{:gap$}{}\n\n",
        paint.bold(&name),
        "",
        paint.verdict(verdict, &points_text)
    )
}

/// A line an exercise. Where a picture wants room, those beside the one that failed
/// share a line if they ended alike.
fn overview(
    out: &mut String,
    lesson: &Lesson,
    report: &LessonReport,
    failed: Option<&ExerciseReport>,
    style: Style,
) {
    let drawn = failed
        .and_then(|e| e.failure())
        .is_some_and(|g| !style.verbose && !g.report.pictures.is_empty());
    let is_failed = |e: &ExerciseReport| failed.is_some_and(|f| f.id == e.id);
    let alike = |a: &ExerciseReport, b: &ExerciseReport| {
        drawn && a.verdict == b.verdict && !is_failed(a) && !is_failed(b)
    };
    for some in report.exercises.chunk_by(alike) {
        match some {
            [one] => overview_line(out, lesson, one, style.paint),
            some => overview_of(out, lesson, some, style.paint),
        }
    }
}

/// Exercises that ended alike, on one line.
fn overview_of(out: &mut String, lesson: &Lesson, some: &[ExerciseReport], paint: Paint) {
    let number = |e: Option<&ExerciseReport>| {
        let all = &lesson.about.exercises;
        e.and_then(|e| all.iter().position(|known| known.id == e.id))
            .map_or(0, |at| at + 1)
    };
    let verdict = some[0].verdict;
    let names: Vec<&str> = some.iter().map(|e| e.id.as_str()).collect();
    let _infallible = writeln!(
        out,
        "  {} {:>3}/{:<3} {} to {}: {}",
        paint.verdict(verdict, &format!("{verdict:16}")),
        some.iter().map(|e| e.points).sum::<u32>(),
        some.iter().map(|e| e.of).sum::<u32>(),
        number(some.first()),
        number(some.last()),
        cut(&names.join(", "), WIDTH - 36),
    );
}

fn overview_line(out: &mut String, lesson: &Lesson, report: &ExerciseReport, paint: Paint) {
    let known = lesson
        .about
        .exercises
        .iter()
        .enumerate()
        .find(|(_, e)| e.id == report.id);
    let (number, summary) = known.map_or((0, ""), |(i, e)| (i + 1, e.summary.as_str()));
    let verdict = paint.verdict(report.verdict, &format!("{:16}", report.verdict));
    let _infallible = writeln!(
        out,
        "  {verdict} {:>3}/{:<3} {number} {:12} {}",
        report.points,
        report.of,
        report.id,
        cut(summary, WIDTH - 42),
    );
}

fn all_passed(lesson: &Lesson, report: &LessonReport, style: Style) -> String {
    let paint = style.paint;
    let runs: u64 = report
        .exercises
        .iter()
        .flat_map(|e| &e.tests)
        .map(|t| t.report.schedules)
        .sum();
    let mut out = format!("\npassed under {} schedules\n", thousands(runs));
    let word = lesson.number;
    if report.of < lesson.points() {
        field(
            &mut out,
            paint,
            "next",
            &format!("cargo xtask check {word}"),
            1,
        );
    } else {
        let bench = format!("cargo xtask bench {word}");
        let next = match style.next_lesson {
            Some(number) => format!("{bench}, then cargo xtask check {number}"),
            None => bench,
        };
        field(&mut out, paint, "next", &next, 1);
        let solution = format!("cargo xtask solution {word} shows how the course solves it");
        field(&mut out, paint, "compare", &solution, 1);
    }
    field(&mut out, paint, "chapter", &lesson.about.chapter, 1);
    out
}

fn described<'a>(lesson: &'a Lesson, report: &ExerciseReport) -> Option<&'a Exercise> {
    lesson.about.exercises.iter().find(|e| e.id == report.id)
}

/// What a verdict means where the test has nothing of its own to say.
const fn means(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "",
        Verdict::NotStarted => "replace the todo!() with your code",
        Verdict::DoesNotCompile => "the compiler's first error is the one to mend",
        Verdict::WrongResult => {
            "find an order of the goroutines' steps that gives what was seen; the replay \
             runs exactly that one"
        }
        Verdict::Panicked => "the message is Rust's own: what was assumed that need not hold?",
        Verdict::Race => "two goroutines use the same memory and nothing orders them",
        Verdict::Deadlock => {
            "for each that waits: who was to wake it, and what does that one wait for?"
        }
        Verdict::Leak => "whoever starts a goroutine has to know how it ends",
        Verdict::Livelock => "do not ask again and again: wait for whoever makes it true",
        Verdict::TimedOut => {
            "a loop without a call of the runtime never lets another goroutine run: is there one?"
        }
        Verdict::OutOfMemory => "what grows without end: a list, a recursion, goroutines?",
        Verdict::ExitedEarly => "nothing may end the process: no exit(), no abort()",
        Verdict::Tampered => {
            "the tests, and what they say, are the grader's: leave them as they are"
        }
    }
}

/// How wide labels are.
const LABEL: usize = 13;

/// A labelled text, wrapped to at most `most` lines.
fn field(out: &mut String, paint: Paint, label: &str, text: &str, most: usize) {
    // One line is for paths and commands: they stay whole, whatever the width.
    let lines = match most {
        1 => vec![text.to_owned()],
        _ => wrap(text, WIDTH - 2 - LABEL, most),
    };
    for (i, line) in lines.iter().enumerate() {
        let label = if i == 0 { label } else { "" };
        let _infallible = writeln!(out, "  {}{line}", paint.dim(&format!("{label:LABEL$}")));
    }
}

#[cfg(test)]
mod tests;
