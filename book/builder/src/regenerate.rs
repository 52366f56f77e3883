//! Runs the programs that the chapters show and records what they print.
//!
//! Which programs those are is read from the chapters' directives, so that nothing lists them
//! twice. A program of which only the source is shown is run too, so that it cannot rot, but
//! nothing is recorded. A record is what a terminal would show: the command, standard output and error in
//! the order they were written (both ends of one pipe), and the exit status when it is not 0.
//! A program gets a minute; one that does not end by then is killed and is an error.

use crate::directive::{self, Mode, Part, What};
use crate::gotool;
use crate::layout::Layout;
use crate::program::{Kind, Program};
use crate::render;
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long one program may run.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs every program shown (or those whose command contains `only`), and records the outputs
/// or, with `check`, compares them with the records.
pub fn run(layout: &Layout, check: bool, only: Option<&str>) -> Result<()> {
    let mut programs = shown_programs(layout)?;
    let stale = stale_records(layout, &programs)?;
    if let Some(only) = only {
        programs.retain(|program, _| program.command().contains(only));
    }
    if programs.is_empty() {
        bail!("no chapter shows such a program");
    }
    let go = gotool::find();
    let mut tally = Tally::default();
    for (program, mode) in &programs {
        if matches!(program.kind, Kind::Go { .. }) && go.is_none() {
            tally.skipped += 1;
            continue;
        }
        let seen = record(layout, program, go.as_deref())
            .with_context(|| format!("`{}`", program.command()))?;
        match mode {
            Some(mode) => tally.take(layout, program, *mode, &seen, check)?,
            None if exit_line(&seen).is_none() => tally.run += 1,
            None => bail!("`{}` failed:\n{seen}", program.command()),
        }
    }
    for file in &stale {
        if check {
            eprintln!("{}: no chapter shows this output", layout.shown(file));
        } else {
            std::fs::remove_file(file)?;
        }
    }
    tally.say(stale.len(), check)
}

/// What became of the programs.
#[derive(Default)]
struct Tally {
    same: usize,
    changed: Vec<String>,
    run: usize,
    skipped: usize,
}

impl Tally {
    /// Compares what `program` printed with its record, and writes it unless only checking.
    fn take(
        &mut self,
        layout: &Layout,
        program: &Program,
        mode: Mode,
        seen: &str,
        check: bool,
    ) -> Result<()> {
        let file = program.output(layout);
        let recorded = std::fs::read_to_string(&file).ok();
        let why = match &recorded {
            Some(recorded) => difference(recorded, seen, mode),
            None => Some("it was never recorded".into()),
        };
        // Recording anew takes what was printed now; checking asks what the mode promises.
        let kept = if check {
            why.is_none()
        } else {
            recorded.as_deref() == Some(seen)
        };
        if kept {
            self.same += 1;
            return Ok(());
        }
        self.changed.push(layout.shown(&file));
        if let (true, Some(why)) = (check, why) {
            eprintln!("{}: {why}", layout.shown(&file));
            return Ok(());
        }
        write(&file, seen)
    }

    fn say(self, stale: usize, check: bool) -> Result<()> {
        if self.skipped > 0 {
            let remedy = gotool::REMEDY;
            eprintln!(
                "{} Go programs were not run: no `go` was found; {remedy}",
                self.skipped
            );
        }
        if check && (!self.changed.is_empty() || stale > 0) {
            bail!(
                "{} recorded outputs are not what the programs print, {stale} belong to no program; \
                 `regenerate` without --check records them anew",
                self.changed.len()
            );
        }
        println!(
            "{} outputs as recorded, {} written, {stale} removed; {} programs run for their source \
             only, {} skipped",
            self.same,
            self.changed.len(),
            self.run,
            self.skipped
        );
        for file in self.changed {
            println!("  {file}");
        }
        Ok(())
    }
}

/// The programs that the chapters show. Those whose output is shown have the laxest mode that
/// any mention asks for.
fn shown_programs(layout: &Layout) -> Result<BTreeMap<Program, Option<Mode>>> {
    let book = render::load(layout)?;
    let mut programs: BTreeMap<Program, Option<Mode>> = BTreeMap::new();
    for chapter in book.book.chapters() {
        let page = chapter.source_path.clone().unwrap_or_default();
        let found = directive::find(&chapter.content)
            .with_context(|| format!("in src/{}", page.display()))?;
        for mention in found {
            if let What::Program {
                program,
                part,
                mode,
            } = mention.what
            {
                let known = programs.entry(program).or_default();
                if !matches!(part, Part::Code(_)) {
                    *known = (*known).max(Some(mode));
                }
            }
        }
    }
    Ok(programs)
}

/// Records that no chapter shows.
fn stale_records(
    layout: &Layout,
    programs: &BTreeMap<Program, Option<Mode>>,
) -> Result<Vec<PathBuf>> {
    let shown = programs.iter().filter(|(_, mode)| mode.is_some());
    let shown: BTreeSet<PathBuf> = shown.map(|(program, _)| program.output(layout)).collect();
    let mut stale = Vec::new();
    for folder in std::fs::read_dir(layout.generated())?.flatten() {
        for record in std::fs::read_dir(folder.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let file = record.path();
            if file.extension().is_some_and(|e| e == "txt") && !shown.contains(&file) {
                stale.push(file);
            }
        }
    }
    Ok(stale)
}

/// The last line of an output when it names an exit status other than 0.
fn exit_line(text: &str) -> Option<&str> {
    text.lines()
        .last()
        .filter(|line| line.starts_with("[exit status"))
}

/// Why `new` does not count as the same output as `old`, or nothing when it does.
fn difference(old: &str, new: &str, mode: Mode) -> Option<String> {
    let (old_exit, new_exit) = (exit_line(old), exit_line(new));
    if old_exit != new_exit {
        let say = |exit: Option<&str>| exit.unwrap_or("[exit status 0]").to_owned();
        return Some(format!(
            "{} was recorded, now {}",
            say(old_exit),
            say(new_exit)
        ));
    }
    let (old, new) = (old.lines().map(unplaced), new.lines().map(unplaced));
    let (mut old, mut new): (Vec<_>, Vec<_>) = (old.collect(), new.collect());
    match mode {
        Mode::Varies => return None,
        Mode::AnyOrder => {
            old.sort_unstable();
            new.sort_unstable();
        }
        Mode::Exact => {}
    }
    let longest = old.len().max(new.len());
    let at = (0..longest).find(|&i| old.get(i) != new.get(i))?;
    let say = |lines: &[String]| {
        lines
            .get(at)
            .map_or("nothing".into(), |line| format!("`{line}`"))
    };
    Some(format!(
        "line {}: recorded {}, now {}",
        at + 1,
        say(&old),
        say(&new)
    ))
}

/// A line without the place in the runtime's own sources that a stack trace names: it moves
/// with every edit there, and no chapter is about it.
fn unplaced(line: &str) -> String {
    const OWN: &str = "runtime/src/";
    match line.find(OWN).map(|at| line.split_at(at)) {
        Some((before, place)) if line.starts_with('\t') => {
            let file = place.split(':').next().unwrap_or_default();
            format!("{before}{file}")
        }
        _ => line.to_owned(),
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    let folder = file.parent().context("a record lies in a folder")?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, text))
        .with_context(|| format!("`{}` cannot be written", file.display()))
}

/// Builds and runs `program`; what a terminal would show.
fn record(layout: &Layout, program: &Program, go: Option<&Path>) -> Result<String> {
    let scratch = Scratch::new()?;
    let binary = match &program.kind {
        Kind::Rust { package, name } => build_rust(layout, package, name)?,
        Kind::Go { .. } => build_go(layout, program, go.context("no `go`")?, &scratch)?,
    };
    let mut command = Command::new(binary);
    command.current_dir(&layout.repository);
    // What a learner has set must not change what the book shows.
    for variable in [
        "GOMAXPROCS",
        "GODEBUG",
        "GOGC",
        "GOMEMLIMIT",
        "GOTRACEBACK",
        "MARMOTA_SEED",
        "MARMOTA_RACE",
        "RUST_BACKTRACE",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command.args(&program.arguments);
    command.envs(program.variables.iter().cloned());
    let (text, status) = run_limited(command)?;
    let mut text = text.replace(&format!("{}/", layout.repository.display()), "");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let status = match (status.success(), status.code()) {
        (true, _) => String::new(),
        (false, Some(code)) => format!("[exit status {code}]\n"),
        (false, None) => bail!("it was ended by a signal ({status})"),
    };
    Ok(format!("$ {}\n{text}{status}", program.command()))
}

/// Runs the command with both outputs in one pipe, for at most [`LIMIT`].
fn run_limited(mut command: Command) -> Result<(String, ExitStatus)> {
    let (mut reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .spawn()
        .context("it cannot be started")?;
    // The command still holds the pipe's writing ends; without them the reader sees its end.
    drop(command);
    let text = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map(|_| bytes)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("it did not end within {} s", LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let bytes = text.join().expect("the reading thread does not panic")?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), status))
}

/// Compiles the example and returns its executable, as Cargo names it.
fn build_rust(layout: &Layout, package: &str, name: &str) -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(&layout.repository).args([
        "build",
        "-q",
        "--message-format=json-render-diagnostics",
        "--example",
        name,
    ]);
    if package == "book-builder" {
        cargo.args(["--manifest-path", "book/builder/Cargo.toml"]);
    } else {
        cargo.args(["--package", package]);
    }
    let output = cargo
        .stderr(Stdio::inherit())
        .output()
        .context("cargo cannot be started")?;
    if !output.status.success() {
        bail!("it does not compile");
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|message| message["target"]["name"] == name && message["executable"].is_string())
        .and_then(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo named no executable for it")
}

/// Vets and compiles the Go program.
fn build_go(layout: &Layout, program: &Program, go: &Path, scratch: &Scratch) -> Result<PathBuf> {
    let source = program.source(layout);
    let binary = scratch.0.join("program");
    for arguments in [
        vec!["vet".into(), source.clone().into_os_string()],
        vec![
            "build".into(),
            "-o".into(),
            binary.clone().into(),
            source.into_os_string(),
        ],
    ] {
        let status = Command::new(go)
            .current_dir(&layout.book)
            .args(&arguments)
            .status()?;
        if !status.success() {
            bail!("`go {}` finds a fault", arguments[0].display());
        }
    }
    Ok(binary)
}

/// A folder of our own below the builder's target folder, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        let folder = std::env::temp_dir().join(format!("book-builder-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind in the system's temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_compared_as_strictly_as_the_mode_says() {
        let (a, b) = ("$ x\none\ntwo\n", "$ x\ntwo\none\n");
        assert_eq!(difference(a, a, Mode::Exact), None);
        assert_eq!(
            difference(a, b, Mode::Exact).unwrap(),
            "line 2: recorded `one`, now `two`"
        );
        assert_eq!(difference(a, b, Mode::AnyOrder), None);
        assert!(difference(a, "$ x\none\n", Mode::AnyOrder).is_some());
        assert_eq!(difference(a, "$ x\nthree\n", Mode::Varies), None);
    }

    #[test]
    fn a_line_that_moved_in_the_runtime_is_no_difference() {
        let trace = |line: u32| format!("wait(...)\n\t./runtime/src/sync/waitgroup.rs:{line}:23\n");
        assert_eq!(difference(&trace(211), &trace(9), Mode::Exact), None);
        // In a program it is one: the chapter shows that program.
        let own = |line: u32| format!("\texamples/deadlock.rs:{line}:11\n");
        assert!(difference(&own(11), &own(12), Mode::Exact).is_some());
        // And so is another file.
        let elsewhere = trace(211).replace("waitgroup", "mutex");
        assert!(difference(&trace(211), &elsewhere, Mode::Exact).is_some());
    }

    #[test]
    fn another_exit_status_is_always_a_difference() {
        let why = difference("$ x\none\n", "$ x\none\n[exit status 2]\n", Mode::Varies).unwrap();
        assert_eq!(why, "[exit status 0] was recorded, now [exit status 2]");
    }

    #[test]
    fn both_outputs_are_read_and_the_status_is_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let (text, status) = run_limited(command).unwrap();
        assert_eq!((text.as_str(), status.code()), ("one\ntwo\n", Some(3)));
    }
}
