//! Each verdict's report as a learner gets it: a snapshot a verdict, in
//! `tests/reports`. `UPDATE_REPORTS=1 cargo test -p xtask` writes them anew, to be
//! read like a change of code.

use std::path::Path;

use marmota_verdict::{Place, TestInfo, TestReport, Waiting};

use super::failure::from_the_difference;
use super::*;
use crate::course::{About, Exercise};
use crate::diagnostics::Line;
use crate::grade::Graded;

const PLAIN: Style = Style {
    paint: Paint::plain(),
    verbose: false,
    next_lesson: Some(10),
};

/// A lesson with as many exercises as one may have.
fn example() -> Lesson {
    let exercise = |(i, id): (u32, &str)| Exercise {
        id: id.into(),
        file: format!("{id}.rs"),
        item: format!("run_{id}"),
        points: 10 + 5 * i,
        summary: format!("what is to be built in the exercise {id}, said in one line"),
    };
    Lesson {
        id: "lesson-09-example".into(),
        number: 9,
        name: "example".into(),
        folder: "lessons/lesson-09-example".into(),
        about: About {
            title: "An example".into(),
            part: "II In practice".into(),
            summary: "An example.".into(),
            chapter: "book/src/lessons/09-example.md".into(),
            exercises: (0..)
                .zip(["one", "two", "three", "four", "five", "six"])
                .map(exercise)
                .collect(),
        },
    }
}

/// The fullest report a verdict can have.
fn fullest(verdict: Verdict) -> TestReport {
    let info = TestInfo {
        name: "two::each_meets_the_next".into(),
        asks: "five jobs, each of which waits for the next one, are all started and all \
               end, in whatever order they are taken up by the runtime"
            .into(),
    };
    let mut report = TestReport::new(&info, verdict, "what happened, in a sentence");
    report.schedules = 17;
    report.place = Some(Place::new("lessons/lesson-09-example/src/two.rs", 41));
    report.replay = Some("pct3:0x1234567890abcdef".into());
    let words = "a sentence that goes on for as long as a debug output can go on ".repeat(9);
    match verdict {
        Verdict::WrongResult | Verdict::ExitedEarly => {
            report.expected = Some(words.clone());
            report.seen = Some(words.clone());
        }
        Verdict::Deadlock | Verdict::Leak => {
            report.waiting = (1..=9)
                .map(|goroutine| Waiting {
                    goroutine,
                    reason: "sync.WaitGroup.Wait".into(),
                    at: Some(Place::new("lessons/lesson-09-example/src/two.rs", 41)),
                    created_at: None,
                })
                .collect();
        }
        _ => {}
    }
    if matches!(
        verdict,
        Verdict::WrongResult | Verdict::Race | Verdict::Deadlock | Verdict::Leak
    ) {
        let lanes = |n: usize| " a lane for each goroutine\n".repeat(n);
        report.pictures = [24, 12, 8, 5].map(lanes).into();
    }
    report.why = matches!(verdict, Verdict::WrongResult | Verdict::Deadlock).then_some(words);
    report
}

fn report_on(verdict: Verdict) -> String {
    let lesson_ = example();
    if verdict == Verdict::DoesNotCompile {
        let rendered = (1..=40).map(|n| format!("line {n} of what the compiler says\\n"));
        let line = format!(
            r#"{{"reason":"compiler-message","package_id":"l","message":{{"message":"mismatched types",
            "level":"error","rendered":"{}","spans":[{{"file_name":"lessons/lesson-09-example/src/two.rs",
            "line_start":41,"is_primary":true}}]}}}}"#,
            rendered.collect::<String>()
        );
        let Some(Line::CompilerMessage { message, .. }) = Line::read(&line) else {
            panic!("the example is no compiler's message");
        };
        return broken(&lesson_, Verdict::DoesNotCompile, &[message], PLAIN);
    }
    let exercises = lesson_
        .about
        .exercises
        .iter()
        .enumerate()
        .map(|(i, exercise)| {
            let verdict = match i {
                0 => Verdict::Passed,
                1 => verdict,
                _ if verdict.is_pass() => verdict,
                _ => Verdict::NotStarted,
            };
            let report = fullest(verdict);
            let output = String::new();
            ExerciseReport::new(&lesson_, exercise, vec![Graded { report, output }])
        })
        .collect();
    lesson(
        &lesson_,
        &LessonReport::new(&lesson_, exercises),
        None,
        PLAIN,
    )
}

#[test]
fn every_verdict_has_a_report_that_reads_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    for verdict in Verdict::ALL {
        let path = folder.join(format!("{}.txt", verdict.name().replace(' ', "-")));
        let report = report_on(verdict);
        if std::env::var_os("UPDATE_REPORTS").is_some() {
            std::fs::write(&path, &report).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(report, known, "{} differs", path.display());
    }
}

#[test]
fn long_values_are_shown_from_where_they_differ() {
    let list = |last: u32| {
        let up = "Status { service: \"one\", health: Up, attempts: 1 }, ".repeat(3);
        format!("[{up}Status {{ service: \"two\", health: Up, attempts: {last} }}]")
    };
    let (expected, seen) = from_the_difference(&list(2), &list(3), 2);
    assert_eq!(
        expected,
        "… Status { service: \"two\", health: Up, attempts: 2 }]"
    );
    assert_eq!(
        seen,
        "… Status { service: \"two\", health: Up, attempts: 3 }]"
    );
    // What fits is shown whole, and so is what differs at once.
    assert_eq!(
        from_the_difference("[1, 2]", "[1, 3]", 2),
        ("[1, 2]".into(), "[1, 3]".into())
    );
    let long = "word ".repeat(100);
    let (a, b) = from_the_difference(&format!("a {long}"), &format!("b {long}"), 2);
    assert!(a.starts_with("a word") && b.starts_with("b word"));
}

#[test]
fn the_fullest_report_of_every_verdict_fits_the_terminal() {
    for verdict in Verdict::ALL {
        let report = report_on(verdict);
        assert!(report.lines().count() <= LINES, "{verdict}:\n{report}");
    }
}

#[test]
fn a_failure_names_the_line_the_replay_the_next_step_and_the_chapter() {
    use Verdict::{DoesNotCompile, NotStarted, Passed};
    for verdict in Verdict::ALL {
        let report = report_on(verdict);
        assert!(report.contains("chapter "), "{report}");
        if !matches!(verdict, Passed | NotStarted) {
            assert!(report.contains("src/two.rs:41"), "{report}");
            assert!(report.contains("next "), "{report}");
            assert!(report.contains(verdict.name()), "{report}");
        }
        if !matches!(verdict, Passed | NotStarted | DoesNotCompile) {
            let replay = "check 9 --test two::each_meets_the_next --seed pct3:0x1234567890abcdef";
            assert!(report.contains(replay), "{report}");
        }
    }
}

#[test]
fn a_report_without_colours_has_no_escapes() {
    assert!(Verdict::ALL.iter().all(|v| !report_on(*v).contains('\x1b')));
}

#[test]
fn a_short_explanation_is_shown_and_a_long_one_is_pointed_to() {
    let lesson_ = example();
    let exercise = &lesson_.about.exercises[0];
    let graded = Graded {
        report: fullest(Verdict::Passed),
        output: String::new(),
    };
    let report = LessonReport::new(
        &lesson_,
        vec![ExerciseReport::new(&lesson_, exercise, vec![graded])],
    );
    let news = |explanation: String| News {
        exercise: "one".into(),
        explanation,
        command: "cargo xtask check 9 one".into(),
    };
    let short = lesson(&lesson_, &report, Some(&news("Because.".into())), PLAIN);
    assert!(short.contains("Because."), "{short}");
    let long = lesson(
        &lesson_,
        &report,
        Some(&news("Because.\n".repeat(30))),
        PLAIN,
    );
    assert!(
        long.contains("why it works: cargo xtask check 9 one"),
        "{long}"
    );
    assert!(long.lines().count() <= LINES);
}
