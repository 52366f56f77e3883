//! The answer to a plain `cargo test`: all tests, one after the other, in words.
//!
//! Everything runs in this one process, so a test that never ends takes the
//! rest with it; `cargo xtask check` is the way that bounds each of them.

use std::process::ExitCode;

use marmota_verdict::{TestReport, Verdict};

use crate::explore::explore;
use crate::suite::Suite;

/// Runs the tests whose names contain one of the words given (all without any)
/// and prints how they ended. `--list` only lists them; `--exact` and the other
/// options of the usual test program are understood or ignored.
pub(crate) fn answer(suite: &Suite, arguments: impl Iterator<Item = String>) -> ExitCode {
    let (options, words): (Vec<String>, Vec<String>) =
        arguments.partition(|argument| argument.starts_with('-'));
    let has = |option: &str| options.iter().any(|o| o == option);
    let wanted = suite.tests.iter().filter(|test| {
        let name = &test.info.name;
        words.is_empty()
            || words.iter().any(|w| {
                if has("--exact") {
                    name == w
                } else {
                    name.contains(w)
                }
            })
    });
    if has("--list") {
        // The usual test program lists ignored tests apart; there are none here.
        if !has("--ignored") {
            wanted.for_each(|test| println!("{}: test", test.info.name));
        }
        return ExitCode::SUCCESS;
    }

    let mut first_failure = None;
    let (mut passed, mut failed) = (0, 0);
    for test in wanted {
        let report = explore(test, &suite.sources, None);
        println!("test {} ... {}", report.test, report.verdict);
        if report.verdict.is_pass() {
            passed += 1;
        } else {
            failed += 1;
            first_failure.get_or_insert(report.verdict);
            print(&report);
        }
    }
    println!();
    if passed + failed == 0 {
        println!("nothing ran, and nothing executed is never a pass");
        return Verdict::ExitedEarly.into();
    }
    println!("{passed} passed, {failed} failed");
    if failed > 0 {
        println!("`cargo xtask check` shows the points, the next step and the hints");
    }
    first_failure.unwrap_or(Verdict::Passed).into()
}

fn print(report: &TestReport) {
    println!("    asks: {}", report.asks);
    println!("    {}", report.happened);
    if let Some(place) = &report.place {
        println!("    at {place}");
    }
    if let (Some(expected), Some(seen)) = (&report.expected, &report.seen) {
        println!("    expected: {expected}");
        println!("    seen:     {seen}");
    }
    for w in &report.waiting {
        println!("    {} waits: {w}", w.who());
    }
    for line in report.pictures.first().iter().flat_map(|p| p.lines()) {
        println!("    |{line}");
    }
    if let Some(why) = &report.why {
        println!("    {why}");
    }
    if let Some(replay) = &report.replay {
        println!("    replay: MARMOTA_SEED={replay}");
    }
}
