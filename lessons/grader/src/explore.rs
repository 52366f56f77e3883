//! One test under many schedules, and what its end means to a learner.
//!
//! `sim` says what happened to goroutines. This module says it in the terms of
//! the exercise: a panic with the starter's `todo!()` is "not started", one that
//! an expectation raised is "wrong result", and of all the places in a report
//! the learner's own comes first.

use std::sync::Arc;

use marmota::race;
use marmota::sim::{self, Explorer};
use marmota_verdict::{Place, TestReport, Verdict, Waiting};

use crate::expect;
use crate::suite::Test;

/// After so many steps a run goes round in circles: the programs of the lessons
/// take some hundreds.
const STEPS: u64 = 100_000;

/// How `todo!()` begins its message.
const TODO: &str = "not yet implemented";

/// Runs `test` under its schedules, or under `schedules` if given. `sources` is
/// the folder of the learner's files, as the compiler spelled it.
pub(crate) fn explore(test: &Test, sources: &str, schedules: Option<u64>) -> TestReport {
    let explorer = Explorer::new().schedules(schedules.unwrap_or(test.schedules));
    let seen = run(test, explorer);
    let mut report = translate(test, sources, &seen);
    report.schedules = seen.schedules;
    if !report.verdict.is_pass() {
        report.replay = seen.replay.clone();
        report.pictures = seen.trace.iter().flat_map(pictures).collect();
        if report.verdict == Verdict::WrongResult {
            // It is the grader who panics here, not the learner's code.
            for picture in &mut report.pictures {
                *picture = picture.replace("panics", "FAILED");
            }
        }
    }
    report.why = test
        .reasons
        .iter()
        .find(|(verdict, _)| *verdict == report.verdict)
        .map(|(_, reason)| (*reason).to_owned());
    report
}

/// The verdict on `test` from each of so many seeds: a wrong solution's must not depend
/// on the one that the grade is made with.
pub(crate) fn verdicts(test: &Test, sources: &str, seeds: u64) -> Vec<Verdict> {
    let from = |seed| {
        let explorer = Explorer::new().schedules(test.schedules).seed(seed);
        // Nobody reads how it went, so it need not be made small.
        translate(test, sources, &run(test, explorer.shrink(false))).verdict
    };
    (0..seeds).map(from).collect()
}

fn run(test: &Test, explorer: Explorer) -> sim::Report {
    let body = Arc::clone(&test.body);
    explorer.max_steps(STEPS).run(move || {
        expect::clear();
        body();
        // Learner's code may have caught the panic of an expectation.
        if let Some(mismatch) = expect::first() {
            panic!("expectation not met: {}", mismatch.what);
        }
    })
}

/// How wide a picture is: as the reports.
const WIDTH: usize = 76;

/// The picture for every room there may be, without two that are the same.
fn pictures(trace: &sim::Trace) -> Vec<String> {
    if trace.goroutines() < 2 {
        // One lane says no more than the lines above it.
        return Vec::new();
    }
    let mut pictures: Vec<String> = [24, 12, 10, 8, 7, 6, 5]
        .iter()
        .map(|&lines| trace.lanes_within(lines, WIDTH))
        .collect();
    pictures.dedup();
    pictures
}

fn translate(test: &Test, sources: &str, seen: &sim::Report) -> TestReport {
    let say = |verdict, happened: String| TestReport::new(&test.info, verdict, happened);
    match &seen.verdict {
        sim::Verdict::Passed if seen.schedules == 0 => say(
            Verdict::ExitedEarly,
            "no schedule ran, so nothing was tested".into(),
        ),
        sim::Verdict::Passed => say(Verdict::Passed, String::new()),
        sim::Verdict::Panicked(panic) => {
            let at = panic.location.as_ref();
            let place = at.map(|(file, line, _)| Place::new(file.clone(), *line));
            if panic.message.starts_with(TODO) {
                let mut report = say(Verdict::NotStarted, "still the starter's todo!()".into());
                report.place = learners(place, sources);
                return report;
            }
            if let Some(mismatch) = expect::first() {
                let mut report = say(Verdict::WrongResult, mismatch.what);
                report.expected = Some(mismatch.expected);
                report.seen = Some(mismatch.seen);
                report.place = learners(Some(mismatch.at), sources);
                return report;
            }
            let mut report = say(
                Verdict::Panicked,
                format!("goroutine {} panicked: {}", panic.goroutine, panic.message),
            );
            report.place = learners(place, sources);
            report
        }
        sim::Verdict::Deadlock(blocked) => {
            let mut report = say(
                Verdict::Deadlock,
                "all goroutines wait for each other, so nothing can run any more".into(),
            );
            list_waiting(&mut report, blocked, sources);
            report
        }
        sim::Verdict::Leak(blocked) => {
            let mut report = say(
                Verdict::Leak,
                format!(
                    "the work was over, but {} can never end",
                    goroutines(blocked.len())
                ),
            );
            list_waiting(&mut report, blocked, sources);
            report
        }
        sim::Verdict::Livelock { steps, .. } => say(
            Verdict::Livelock,
            format!("{steps} steps were taken and the work still was not done"),
        ),
        sim::Verdict::Race(race) => {
            let (now, before) = (&race.current, &race.previous);
            let did = |access: &race::Access| match access.kind {
                race::AccessKind::Read => "reads",
                race::AccessKind::Write => "writes",
            };
            // Two lines of a report: the names of the files will do, as the place below
            // is given in full.
            let name = |at: sim::Place| at.file.rsplit('/').next().unwrap_or(at.file).to_owned();
            let side = |a: &race::Access| {
                let (who, at) = (who(a.goroutine), name(a.at));
                format!("{who} {} ({at}:{})", did(a), a.at.line)
            };
            let (now_did, before_did) = (side(now), side(before));
            let happened = format!("{now_did} what {before_did}, and nothing orders the two");
            let mut report = say(Verdict::Race, happened);
            let places = [now.at, before.at, race.variable];
            report.place = (places.into_iter()).find_map(|p| learners(Some(place(p)), sources));
            report
        }
        // What `sim` may learn to tell later. It is no pass, and it has words.
        other => say(Verdict::WrongResult, other.to_string()),
    }
}

fn goroutines(n: usize) -> String {
    match n {
        1 => "1 goroutine".into(),
        n => format!("{n} goroutines"),
    }
}

fn who(goroutine: u64) -> String {
    match goroutine {
        1 => "main".into(),
        n => format!("goroutine {n}"),
    }
}

fn list_waiting(report: &mut TestReport, blocked: &[sim::Blocked], sources: &str) {
    report.waiting = blocked
        .iter()
        .map(|b| Waiting {
            goroutine: b.goroutine,
            reason: b.reason.to_string(),
            // Places inside the standard library say nothing to a learner.
            at: b.at.filter(|at| !at.is_in_std()).map(place),
            created_at: b.created_at.map(place),
        })
        .collect();
    // The line a learner can act on: first a wait in their own code, then a `go`.
    let waits = report.waiting.iter().map(|w| w.at.clone());
    let starts = report.waiting.iter().map(|w| w.created_at.clone());
    report.place = waits.chain(starts).find_map(|p| learners(p, sources));
}

fn place(p: sim::Place) -> Place {
    Place::new(p.file, p.line)
}

/// The place, if it lies in the learner's own files.
fn learners(place: Option<Place>, sources: &str) -> Option<Place> {
    place.filter(|p| p.file.starts_with(sources))
}

#[cfg(test)]
#[path = "explore_tests.rs"]
mod tests;
