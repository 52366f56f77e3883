//! `bench`: the learner's code beside the reference and the runtime's own.
//!
//! A lesson's benchmark is a criterion program in `checks/benches`. Its functions
//! are called `exercise/learner`, `exercise/reference` and, where the runtime has
//! the like, `exercise/runtime`. Criterion measures and writes its estimates;
//! this command reads them and puts them side by side. Never part of a grade.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use serde::Deserialize;

use crate::cargo;
use crate::course::{Course, Lesson};
use crate::trouble::{Outcome, Trouble};

/// Measure your code beside the reference and the runtime's own
#[derive(clap::Args)]
pub struct Arguments {
    /// The lesson: its number, id, name or folder; or `runtime`, with --peers
    lesson: String,
    /// Only what contains this word
    filter: Option<String>,
    /// Measure the runtime beside Go and its Rust peers, about six minutes; what
    /// follows `--` goes to that program, as in `bench runtime --peers -- --list`
    #[arg(long)]
    peers: bool,
    /// Options of the peers' program
    #[arg(last = true, value_name = "OPTIONS", requires = "peers")]
    options: Vec<String>,
}

/// The manifest of the peers' benchmarks, a workspace of its own.
const PEERS: &str = "runtime/peers/Cargo.toml";

/// Runs the lesson's benchmark and prints the table.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    match (arguments.lesson.as_str(), arguments.peers) {
        ("runtime", true) => return peers(course, &arguments.options),
        ("runtime", false) => {
            return Err(Trouble::new(
                "the runtime is measured beside its peers",
                "cargo xtask bench runtime --peers",
            ));
        }
        (_, true) => {
            return Err(Trouble::new(
                "only the runtime has peers to be measured beside",
                "cargo xtask bench runtime --peers",
            ));
        }
        (_, false) => {}
    }
    let lesson = course.lesson(&arguments.lesson)?;
    let package = format!("{}-checks", lesson.id);
    let results = course.root.join("target").join("criterion");
    // What an earlier run left would stand in the table as if it were measured now.
    let groups = groups(&lesson);
    for group in &groups {
        let _was_not_there = fs::remove_dir_all(results.join(group));
    }
    let mut command = cargo::command(&course.root);
    command.args([
        "bench",
        "--quiet",
        "--package",
        &package,
        "--bench",
        "lesson",
        "--",
    ]);
    command.args(&arguments.filter);
    let status = command.status().map_err(|e| cargo::not_started(&e))?;
    if !status.success() {
        return Err(Trouble::new(
            format!("the benchmark of {} did not run to its end", lesson.short()),
            format!(
                "see that your code passes first: cargo xtask check {}",
                lesson.number
            ),
        ));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    print!("{}", table(&results, &groups, cores));
    println!(
        "\nMeasured one after the other: on a busy machine even equal programs differ. Run it twice."
    );
    Ok(ExitCode::SUCCESS)
}

/// Runs the table of all programs.
fn peers(course: &Course, options: &[String]) -> Outcome<ExitCode> {
    if !course.root.join(PEERS).is_file() {
        return Err(Trouble::new(
            format!("the peers' benchmarks, {PEERS}, are not there"),
            "restore them: git checkout -- runtime/peers",
        ));
    }
    let mut command = cargo::command(&course.root);
    command.args([
        "run",
        "--quiet",
        "--release",
        "--manifest-path",
        PEERS,
        "--bin",
        "peers",
        "--",
    ]);
    let status = command
        .args(options)
        .status()
        .map_err(|e| cargo::not_started(&e))?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Trouble::new(
        "the table of peers was not made",
        "read the message above; the first build fetches the peers' libraries once",
    ))
}

/// Criterion's name for the group of each exercise.
fn groups(lesson: &Lesson) -> Vec<String> {
    let exercises = lesson.about.exercises.iter();
    exercises
        .map(|e| format!("{}-{}", lesson.short(), e.id))
        .collect()
}

/// The part of criterion's `estimates.json` that is used.
#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

/// A value and the interval it lies in with 95 % confidence, in nanoseconds.
#[derive(Clone, Copy, Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Clone, Copy, Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

fn table(results: &Path, groups: &[String], cores: usize) -> String {
    let mut out = format!(
        "\nmedian of each, 95 % interval of learner : reference; {cores} cores\n\n\
         {:28} {:>12} {:>12} {:>12}  learner : reference\n",
        "", "learner", "reference", "runtime"
    );
    for group in groups {
        let measured = |who: &str| estimate(&results.join(group).join(who));
        let [learner, reference, runtime] = ["learner", "reference", "runtime"].map(measured);
        if reference.is_none() && learner.is_none() {
            continue;
        }
        let ratio = match (learner, reference) {
            (Some(l), Some(r)) => format!(
                "{:.2} ({:.2} to {:.2})",
                l.point_estimate / r.point_estimate,
                l.confidence_interval.lower_bound / r.confidence_interval.upper_bound,
                l.confidence_interval.upper_bound / r.confidence_interval.lower_bound,
            ),
            (None, _) => "not measured: not started".into(),
            (_, None) => String::new(),
        };
        let [learner, reference, runtime] = [learner, reference, runtime].map(shown);
        out += &format!("{group:28} {learner:>12} {reference:>12} {runtime:>12}  {ratio}\n");
    }
    out
}

fn estimate(folder: &Path) -> Option<Estimate> {
    let text = fs::read_to_string(folder.join("new").join("estimates.json")).ok()?;
    serde_json::from_str::<Estimates>(&text)
        .ok()
        .map(|e| e.median)
}

fn shown(estimate: Option<Estimate>) -> String {
    let Some(ns) = estimate.map(|e| e.point_estimate) else {
        return "-".into();
    };
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_criterion_wrote_becomes_a_table_with_ratios() {
        let folder = tempfile::tempdir().unwrap();
        for (who, ns) in [("learner", 3000.0), ("reference", 2000.0)] {
            let path = folder.path().join("lesson-01-map").join(who).join("new");
            fs::create_dir_all(&path).unwrap();
            let json = format!(
                r#"{{"median":{{"point_estimate":{ns},"standard_error":1.0,
                "confidence_interval":{{"confidence_level":0.95,"lower_bound":{ns},"upper_bound":{ns}}}}}}}"#
            );
            fs::write(path.join("estimates.json"), json).unwrap();
        }
        let groups = ["lesson-01-map".to_owned(), "lesson-01-none".to_owned()];
        let table = table(folder.path(), &groups, 2);
        let row = table
            .lines()
            .find(|l| l.starts_with("lesson-01-map"))
            .unwrap();
        assert!(row.contains("3.00 µs") && row.contains("2.00 µs"), "{row}");
        assert!(row.contains("1.50 (1.50 to 1.50)"), "{row}");
        assert!(!table.contains("lesson-01-none"), "{table}");
    }
}
