//! The results as JUnit's XML, which most build servers show: a suite a lesson, a
//! case a graded test.

use std::fmt::Write as _;

use marmota_verdict::Verdict;

use crate::grade::LessonReport;

/// One lesson's suite. `reason` tells why a lesson has no tests to show: what the
/// compiler said, or which files were tampered with.
pub fn suite(report: &LessonReport, reason: &str) -> String {
    let tests: Vec<_> = report.exercises.iter().flat_map(|e| &e.tests).collect();
    let failures = tests.iter().filter(|t| !t.report.verdict.is_pass()).count();
    let (count, failures) = match tests.len() {
        0 => (1, 1),
        n => (n, failures),
    };
    let mut out = format!(
        "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failures}\">\n",
        escape(&report.lesson)
    );
    if tests.is_empty() {
        case(&mut out, &report.lesson, "builds", report.verdict, reason);
    }
    for test in tests {
        let r = &test.report;
        let mut said = r.happened.clone();
        for (label, text) in [("expected", &r.expected), ("seen", &r.seen)] {
            if let Some(text) = text {
                let _infallible = write!(said, "\n{label}: {text}");
            }
        }
        if let Some(place) = &r.place {
            let _infallible = write!(said, "\nat {place}");
        }
        case(&mut out, &report.lesson, &r.test, r.verdict, &said);
    }
    out + "  </testsuite>\n"
}

/// The document around the suites.
pub fn document(suites: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n")
}

fn case(out: &mut String, lesson: &str, name: &str, verdict: Verdict, said: &str) {
    let _infallible = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\"",
        escape(lesson),
        escape(name)
    );
    if verdict.is_pass() {
        out.push_str("/>\n");
        return;
    }
    let _infallible = write!(
        out,
        ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n",
        escape(verdict.name()),
        escape(said.lines().next().unwrap_or_default()),
        escape(said)
    );
}

/// `text` as XML allows it: five signs are written as entities, and what XML 1.0 has
/// no way to write at all is left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_learner_printed_cannot_break_the_document() {
        assert_eq!(
            escape("<a & \"b\">\u{1b}[31m"),
            "&lt;a &amp; &quot;b&quot;&gt;[31m"
        );
    }
}
