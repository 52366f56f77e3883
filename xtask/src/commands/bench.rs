//! `bench`: the learner's code beside the reference and the runtime's own.
//!
//! A lesson's benchmark is a criterion program in `checks/benches`. Its functions
//! are called `exercise/learner`, `exercise/reference` and, where the runtime has
//! the like, `exercise/runtime`. Criterion measures and writes its estimates;
//! this command reads them and puts them side by side. Never part of a grade.
//!
//! Where a Go is found and the lesson has `checks/go`, a package of Go benchmarks that
//! are called like the exercises, Go's own runs of the same work stand there too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::thread;

use crate::cargo;
use crate::course::{Course, Lesson};
use crate::gotool;
use crate::measured::{self, Estimate};
use crate::plot::{self, Group};
use crate::store;
use crate::trouble::{Outcome, Trouble};

/// Measure your code beside the reference and the runtime's own
///
/// Prints a table and draws a plot (SVG), with Go's figures where a `go` is found. The
/// ratio's interval holds its true value in 95 of 100 runs; if it has 1 in it, there is
/// no difference to see. Never part of a grade.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Arguments {
    /// The lesson: its number, id, name or folder; or `runtime`, with --peers
    lesson: String,
    /// Only what contains this word
    filter: Option<String>,
    /// Measure the runtime beside Go and its Rust peers, a quarter of an hour; what
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
    let results = cargo::target(&course.root).join("criterion");
    // What an earlier run left would stand in the table as if it were measured now.
    for exercise in &lesson.about.exercises {
        let group = format!("{}-{}", lesson.short(), exercise.id);
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
    let mut measured = measured(&lesson, &results);
    if measured.iter().all(|group| group.bars.is_empty()) {
        return Err(nothing(&lesson, arguments.filter.as_deref()));
    }
    go(course, &lesson, &mut measured)?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    print!("{}", table(&measured, cores));
    let file = cargo::target(&course.root).join("marmota/bench");
    let file = file.join(format!("{}.svg", lesson.short()));
    let title = format!("{} {}, {cores} cores", lesson.short(), lesson.about.title);
    store::put(&course.root, &file, plot::svg(&title, &measured).as_bytes()).map_err(|e| {
        Trouble::new(
            format!("cannot write {}: {e}", course.short(&file)),
            "make room, and see that you may write to `target`",
        )
    })?;
    println!(
        "\nplot: {}\n\
         Measured one after the other: on a busy machine even equal programs differ. Run it twice.",
        course.short(&file)
    );
    Ok(ExitCode::SUCCESS)
}

/// What criterion has measured of each exercise. One of which nothing was measured has
/// no bars.
fn measured(lesson: &Lesson, results: &Path) -> Vec<Group> {
    let of = |exercise: &crate::course::Exercise| {
        let folder = results.join(format!("{}-{}", lesson.short(), exercise.id));
        let bar = |who| Some((who, Estimate::of_criterion(&folder.join(who))?));
        Group {
            name: exercise.id.clone(),
            bars: CANDIDATES.into_iter().filter_map(bar).collect(),
        }
    };
    lesson.about.exercises.iter().map(of).collect()
}

/// Who may stand in a criterion benchmark, in the table's order.
const CANDIDATES: [&str; 3] = ["learner", "reference", "runtime"];

fn nothing(lesson: &Lesson, filter: Option<&str>) -> Trouble {
    match filter {
        Some(word) => Trouble::new(
            format!(
                "no benchmark of {} has `{word}` in its name",
                lesson.short()
            ),
            format!("leave it out: cargo xtask bench {}", lesson.number),
        ),
        None => Trouble::new(
            format!("nothing of {} was measured", lesson.short()),
            "read the message above; the benchmark's names must be lesson-NN-EXERCISE",
        ),
    }
}

/// Adds Go's bar to each exercise that has one in the lesson's Go package.
fn go(course: &Course, lesson: &Lesson, groups: &mut [Group]) -> Outcome<()> {
    let package = lesson.folder.join("checks").join("go");
    if !package.is_dir() {
        return Ok(());
    }
    let Some(go) = gotool::find()? else {
        eprintln!("note: no `go` was found; {}", gotool::REMEDY);
        return Ok(());
    };
    let wanted = groups.iter().filter(|group| !group.bars.is_empty());
    let wanted: Vec<String> = wanted.map(|group| measured::plain(&group.name)).collect();
    eprintln!("Go {} measures the same work", go.version);
    let mut command = go.command(&package);
    // Ten runs of a fifth of a second. `(?i)`: a name has other cases in Go.
    command.args(["test", "-run=^$", "-count=10", "-benchtime=200ms"]);
    command.arg(format!("-bench=(?i)^Benchmark({})$", wanted.join("|")));
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| {
        Trouble::new(
            format!("go cannot be started: {e}"),
            "set MARMOTA_GO to the path of a `go` command, or unset it",
        )
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        // The rest is measured: that is not thrown away.
        eprintln!(
            "note: Go {} could not run {}:\n{}",
            go.version,
            course.short(&package),
            text.trim_end()
        );
    }
    let runs: BTreeMap<String, Vec<f64>> = measured::of_go(&text);
    for group in groups {
        let runs = runs.get(&measured::plain(&group.name));
        if let Some(estimate) = runs.and_then(|runs| Estimate::of_runs(runs)) {
            group.bars.push(("Go", estimate));
        }
    }
    Ok(())
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

/// A line an exercise, the learner's time as a multiple of the others'.
fn table(groups: &[Group], cores: usize) -> String {
    let mut out = format!(
        "\nmedians, and the ratios with their 95 % intervals; {cores} cores\n\n\
         {:14} {:>10} {:>10} {:>10} {:>10}  {:20}  learner : Go\n",
        "", "learner", "reference", "runtime", "Go", "learner : reference"
    );
    for group in groups.iter().filter(|group| !group.bars.is_empty()) {
        let of = |who: &str| {
            let found = group.bars.iter().find(|(name, _)| *name == who);
            found.map(|(_, estimate)| *estimate)
        };
        let learner = of("learner");
        let ratio = |who: &str| match (learner, of(who)) {
            (Some(learner), Some(other)) => {
                let Estimate { point, low, high } = learner.over(other);
                format!("{point:.2} ({low:.2} to {high:.2})")
            }
            _ => String::new(),
        };
        let [reference, go] = match learner {
            Some(_) => ["reference", "Go"].map(ratio),
            None => ["yours does not pass".to_owned(), String::new()],
        };
        let line = format!(
            "{:14} {:>10} {:>10} {:>10} {:>10}  {reference:20}  {go}",
            group.name,
            shown(learner),
            shown(of("reference")),
            shown(of("runtime")),
            shown(of("Go")),
        );
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn shown(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(|| "-".into(), Estimate::shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_becomes_a_table_with_ratios() {
        let exact = |ns| Estimate {
            point: ns,
            low: ns,
            high: ns,
        };
        let group = |name: &str, bars: &[(&'static str, f64)]| Group {
            name: name.into(),
            bars: bars.iter().map(|&(who, ns)| (who, exact(ns))).collect(),
        };
        let groups = [
            group(
                "map",
                &[("learner", 3000.0), ("reference", 2000.0), ("Go", 6000.0)],
            ),
            group("own", &[("reference", 2000.0), ("runtime", 1000.0)]),
            group("none", &[]),
        ];
        let table = table(&groups, 2);
        let row = |name: &str| {
            let row = table.lines().find(|l| l.starts_with(name));
            row.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(
            row("map").unwrap(),
            "map 3.00 µs 2.00 µs - 6.00 µs 1.50 (1.50 to 1.50) 0.50 (0.50 to 0.50)"
        );
        assert_eq!(
            row("own").unwrap(),
            "own - 2.00 µs 1.00 µs - yours does not pass"
        );
        assert_eq!(row("none"), None);
        assert!(table.contains("2 cores"), "{table}");
    }
}
