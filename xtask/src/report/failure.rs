//! The exercise to work on now: what was asked, what happened and where, how it came to
//! that, what to think of it and what to do next, in as many lines as are left.

use std::fmt::Write as _;

use marmota_verdict::{TestReport, Verdict};

use super::{LABEL, Style, WIDTH, described, field, means};
use crate::course::Lesson;
use crate::grade::{ExerciseReport, LessonReport};
use crate::paint::Paint;
use crate::text::{thousands, wrap};

/// The exercise to work on now, and what went wrong in it.
pub(super) fn failure(
    lesson: &Lesson,
    exercise: &ExerciseReport,
    all: &LessonReport,
    style: Style,
    room: usize,
) -> String {
    let mut out = String::from("\n");
    let Some(graded) = exercise.failure() else {
        return out;
    };
    let report = &graded.report;
    if report.verdict == Verdict::NotStarted {
        not_started(&mut out, lesson, exercise, all, style.paint);
    } else {
        told_in_full(&mut out, lesson, exercise, report, style, room - 1);
    }
    if style.verbose && !graded.output.trim().is_empty() {
        let _infallible = writeln!(out, "\nwhat it printed:\n{}", graded.output.trim_end());
    }
    if style.verbose {
        let others = all.exercises.iter().flat_map(|e| &e.tests);
        out.push_str("\nall tests:\n");
        for test in others {
            let t = &test.report;
            let _infallible = writeln!(
                out,
                "  {:16} {}, schedules: {}",
                t.verdict,
                t.test,
                thousands(t.schedules)
            );
        }
    }
    out
}

fn not_started(
    out: &mut String,
    lesson: &Lesson,
    exercise: &ExerciseReport,
    all: &LessonReport,
    paint: Paint,
) {
    if all.points == 0 {
        out.push_str("All red is right at the start: these are starters, and you write them.\n\n");
    }
    let summary = described(lesson, exercise).map_or("", |e| e.summary.as_str());
    let title = format!("next: {}: {summary}", exercise.id);
    let _infallible = writeln!(out, "{}", paint.bold(&title));
    let file = format!("{}:{}", exercise.file, exercise.line);
    field(out, paint, "write", &file, 1);
    let word = lesson.number;
    let id = &exercise.id;
    field(out, paint, "check", &format!("cargo xtask check {word}"), 1);
    field(
        out,
        paint,
        "hint",
        &format!("cargo xtask hint {word} {id}"),
        1,
    );
    field(out, paint, "chapter", &lesson.about.chapter, 1);
}

fn told_in_full(
    out: &mut String,
    lesson: &Lesson,
    exercise: &ExerciseReport,
    report: &TestReport,
    style: Style,
    room: usize,
) {
    let paint = style.paint;
    let schedules = match report.schedules {
        0 => String::new(),
        1 => ", in the first schedule".into(),
        n => format!(", in schedule {}", thousands(n)),
    };
    let title = format!("{} in {}{schedules}", report.verdict, report.test);
    let _infallible = writeln!(out, "{}", paint.verdict(report.verdict, &title));
    // Fewer lines of each where a list of waiting goroutines takes their room.
    let most = |n: usize| if style.verbose { usize::MAX } else { n };
    field(out, paint, "asked", &report.asks, most(2));
    let label = if report.verdict == Verdict::WrongResult {
        "looked at"
    } else {
        "happened"
    };
    field(out, paint, label, &report.happened, most(2));
    let place = report.place.as_ref().map_or_else(
        || format!("{}:{}", exercise.file, exercise.line),
        ToString::to_string,
    );
    field(out, paint, "your line", &place, 1);
    let values = (report.expected.as_deref(), report.seen.as_deref());
    let values = match values {
        (Some(expected), Some(seen)) if !style.verbose => {
            let (expected, seen) = from_the_difference(expected, seen, 2);
            (Some(expected), Some(seen))
        }
        (expected, seen) => (expected.map(str::to_owned), seen.map(str::to_owned)),
    };
    for (label, value) in [("expected", values.0), ("seen", values.1)] {
        if let Some(value) = value {
            field(out, paint, label, &value, most(2));
        }
    }
    let (waiting, end) = (
        waiting(report, style),
        ending(lesson, exercise, report, style),
    );
    let taken = out.trim_start_matches('\n').lines().count() + end.lines().count();
    let room = room.saturating_sub(taken);
    out.push_str(&course(report, &waiting, room, style));
    out.push_str(&end);
}

/// Those that wait, and how it came to that: as much as there is room for.
fn course(report: &TestReport, waiting: &str, room: usize, style: Style) -> String {
    let lines = |text: &str| text.lines().count();
    let draw = |picture: &String| -> String {
        let line = |line: &str| format!("  {}\n", style.paint.dim(line));
        picture.lines().map(line).collect()
    };
    // A result may have gone wrong anywhere: a course with a hole in it shows nothing.
    let whole = matches!(report.verdict, Verdict::WrongResult | Verdict::Panicked);
    let tells = |picture: &&String| !whole || !picture.contains(" more …");
    let fitting = |room: usize| {
        let fits = |picture: &&String| lines(picture) <= room;
        report.pictures.iter().filter(tells).find(fits).map(draw)
    };
    let both = if style.verbose {
        report.pictures.first().map(draw)
    } else {
        fitting(room.saturating_sub(lines(waiting)))
    };
    match (both, fitting(room)) {
        (Some(picture), _) => waiting.to_owned() + &picture,
        // Who waits where is in the picture.
        (None, Some(picture)) => picture,
        (None, None) => waiting.to_owned(),
    }
}

fn waiting(report: &TestReport, style: Style) -> String {
    let (mut out, paint) = (String::new(), style.paint);
    let few = if report.waiting.len() > 3 { 2 } else { 3 };
    let shown = if style.verbose { usize::MAX } else { few };
    for waiting in report.waiting.iter().take(shown) {
        field(&mut out, paint, &waiting.who(), &waiting.to_string(), 1);
    }
    if report.waiting.len() > shown {
        let more = report.waiting.len() - shown;
        field(
            &mut out,
            paint,
            "",
            &format!("and {more} more, all with -v"),
            1,
        );
    }
    out
}

/// What to think of it, and what to do next.
fn ending(lesson: &Lesson, exercise: &ExerciseReport, report: &TestReport, style: Style) -> String {
    let (mut text, paint) = (String::new(), style.paint);
    let out = &mut text;
    let why = report
        .why
        .as_deref()
        .unwrap_or_else(|| means(report.verdict));
    let most = if style.verbose { usize::MAX } else { 3 };
    field(out, paint, "think", why, most);
    let word = lesson.number;
    if let Some(seed) = &report.replay {
        let replay = format!(
            "cargo xtask check {word} --test {} --seed {seed}",
            report.test
        );
        field(out, paint, "replay", &replay, 1);
    }
    let next = format!("cargo xtask hint {word} {}", exercise.id);
    field(out, paint, "next", &next, 1);
    field(out, paint, "chapter", &lesson.about.chapter, 1);
    text
}

/// Two values that are too long for so many lines, without what they have in common at
/// the beginning: their difference is what a learner looks for.
pub(super) fn from_the_difference(a: &str, b: &str, most: usize) -> (String, String) {
    let width = WIDTH - 2 - LABEL;
    let fits = |text: &str| wrap(text, width, usize::MAX).len() <= most;
    let (a_words, b_words): (Vec<&str>, Vec<&str>) = (
        a.split_whitespace().collect(),
        b.split_whitespace().collect(),
    );
    let alike = a_words.iter().zip(&b_words).take_while(|(a, b)| a == b);
    // A few words before it say where it is.
    let skipped = alike.count().saturating_sub(7);
    if fits(a) && fits(b) || skipped == 0 {
        return (a.to_owned(), b.to_owned());
    }
    let rest = |words: &[&str]| format!("… {}", words[skipped..].join(" "));
    (rest(&a_words), rest(&b_words))
}
