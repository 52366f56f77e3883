//! Calls of cargo, and what their failures mean to a learner.
//!
//! A failed build is one of two things. Either the compiler rejected the
//! lesson's own crate: that is a verdict ([`Broken`]), shown in the compiler's
//! words. Or something around it is broken (no cargo, no linker, a damaged
//! manifest, no network for the first build, another crate): that is a
//! [`Trouble`], and it says its remedy.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use marmota_verdict::Verdict;

use crate::bounded::{Temporary, kill_group, wait_for_group};
use crate::diagnostics::{Line, Message};
use crate::interrupt;
use crate::trouble::{Outcome, Trouble};

/// The name of the test target that is graded in every lesson.
const GRADED: &str = "graded";

/// A graded test that was built.
pub struct Built {
    /// The program.
    pub program: PathBuf,
    /// The compiler's warnings about the lesson.
    pub warnings: Vec<Message>,
    /// Files outside the lesson's `src` that its library was compiled from: with
    /// `include!` or `#[path]`, or through a link.
    pub outside: Vec<String>,
}

/// A lesson that could not be built.
pub struct Broken {
    /// Does not compile, or timed out.
    pub verdict: Verdict,
    /// The compiler's errors about the lesson, at least one.
    pub errors: Vec<Message>,
}

/// How a build is run.
#[derive(Clone, Copy)]
pub struct BuildOptions<'a> {
    /// The workspace to build in.
    pub workspace: &'a Path,
    /// Where the results go, if not into the workspace's own `target`.
    pub target: Option<&'a Path>,
    /// Whether diagnostics are rendered with colours.
    pub colours: bool,
    /// How long it may take.
    pub time: Duration,
}

impl<'a> BuildOptions<'a> {
    /// A build in `workspace`, in which everything may have to be built.
    pub fn of(workspace: &'a Path) -> Self {
        // For the tests of this limit, and for who has a very slow machine.
        let seconds = env::var("MARMOTA_BUILD_SECONDS").ok();
        let seconds = seconds.and_then(|s| s.parse().ok()).unwrap_or(1800);
        Self {
            workspace,
            target: None,
            colours: false,
            time: Duration::from_secs(seconds),
        }
    }
}

/// A command that runs this toolchain's cargo in `folder`.
pub fn command(folder: &Path) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(folder);
    // Set for this program by the cargo that started it; the next cargo makes its own.
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Where cargo puts what it builds of the course.
pub fn target(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |set| root.join(set))
}

/// What to say when cargo itself could not be started.
pub fn not_started(e: &io::Error) -> Trouble {
    Trouble::new(
        format!("cargo cannot be started: {e}"),
        "install Rust (https://rustup.rs), open a new terminal, and try again;\n\
         if `CARGO` is set in your environment, it must name a cargo",
    )
}

/// Builds the graded test of the lesson `package`.
pub fn build_graded(package: &str, options: BuildOptions<'_>) -> Outcome<Result<Built, Broken>> {
    let mut cargo = command(options.workspace);
    cargo.args(["build", "--package", package, "--test", GRADED]);
    cargo.arg(if options.colours {
        "--message-format=json-diagnostic-rendered-ansi"
    } else {
        "--message-format=json"
    });
    if let Some(target) = options.target {
        cargo.arg("--target-dir").arg(target);
    }
    alone(&mut cargo);
    // A compiler that is stopped leaves its temporary files where they are: so they are
    // in a folder that goes with this build.
    let temporary = Temporary::new().map_err(|e| {
        Trouble::new(
            format!("cannot make a temporary folder: {e}"),
            "make room where `TMPDIR` points to, or point it to a folder you may write to",
        )
    })?;
    cargo.env("TMPDIR", &temporary.0);
    let mut child = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| not_started(&e))?;
    let said = child.stderr.take().map(|pipe| {
        let package = package.to_owned();
        thread::spawn(move || follow(pipe, &package))
    });
    let watchdog = Watchdog::on(child.id(), options.time);

    let mut program = None;
    let mut library = None;
    let (mut errors, mut warnings, mut foreign) = (Vec::new(), Vec::new(), None);
    let of_lesson = format!("/{package}#");
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|p| BufReader::new(p).lines())
    {
        match line.ok().as_deref().and_then(Line::read) {
            Some(Line::CompilerArtifact {
                target, executable, ..
            }) if target.name == GRADED => {
                program = executable.map(PathBuf::from);
            }
            Some(Line::CompilerArtifact {
                target, filenames, ..
            }) if target.name == package.replace('-', "_") => {
                library = filenames.into_iter().find(|name| name.ends_with(".rmeta"));
            }
            Some(Line::CompilerMessage {
                package_id,
                message,
            }) => {
                let own = package_id.contains(&of_lesson);
                if message.is_error() && own {
                    errors.push(message);
                } else if message.is_error() {
                    foreign.get_or_insert((package_id, message));
                } else if own && message.level == "warning" && message.place().is_some() {
                    warnings.push(message);
                }
            }
            _ => {}
        }
    }
    let ended = child.wait().map_err(|e| not_started(&e))?;
    let barked = watchdog.call_off();
    if barked || interrupt::came() {
        wait_for_group(child.id());
    }
    if interrupt::came() {
        return Err(interrupt::trouble());
    }
    if barked {
        let text = format!(
            "it was still compiling after {} s and was stopped: a `const` or a macro without end?",
            options.time.as_secs()
        );
        return Ok(Err(Broken {
            verdict: Verdict::TimedOut,
            errors: vec![Message::ours(text)],
        }));
    }
    let said = said
        .and_then(|thread| thread.join().ok())
        .unwrap_or_default();

    if let (true, Some(program)) = (ended.success(), program) {
        let src = options.workspace.join("lessons").join(package).join("src");
        let outside = library.map_or(Ok(Vec::new()), |library| outside(&library, options, &src));
        return Ok(Ok(Built {
            program,
            warnings,
            outside: outside.map_err(|e| {
                Trouble::new(
                    format!("cannot tell what {package} was compiled from: {e}"),
                    "`cargo clean`, and check again",
                )
            })?,
        }));
    }
    // What the compiler says about a line of the lesson is a verdict, whatever words it
    // has: nobody can write an error that passes for a trouble of this machine.
    if errors.iter().any(|e| e.place().is_some()) {
        return Ok(Err(Broken {
            verdict: Verdict::DoesNotCompile,
            errors,
        }));
    }
    let everything: String = errors
        .iter()
        .map(Message::rendered)
        .chain(foreign.iter().map(|(_, m)| m.rendered()))
        .chain([said.as_str()])
        .collect();
    if let Some(known) = known_trouble(&everything, package) {
        return Err(known);
    }
    if let Some((package_id, message)) = foreign {
        let at = message
            .place()
            .map_or(String::new(), |p| format!(" at {p}"));
        return Err(Trouble::new(
            format!("{package_id} does not compile{at}: {}", message.message),
            "that is not your lesson: `git status` shows what was changed around it,\n\
             `git stash` puts it aside",
        ));
    }
    if errors.is_empty() {
        return Err(Trouble::new(
            format!("cargo could not build {package}:\n{}", tail(&said, 12)),
            format!(
                "`cargo build -p {package} --test {GRADED}` shows all of it;\n\
                 `git status` shows what was changed in the lesson's own files"
            ),
        ));
    }
    Ok(Err(Broken {
        verdict: Verdict::DoesNotCompile,
        errors,
    }))
}

/// The files that a library was compiled from and that do not lie in `src`. Cargo's
/// list of what a change of makes a rebuild necessary names every one: the compiler
/// writes it itself.
fn outside(library: &str, options: BuildOptions<'_>, src: &Path) -> io::Result<Vec<String>> {
    let library = Path::new(library);
    let name = library.file_stem().unwrap_or_default().to_string_lossy();
    let list = library.with_file_name(format!("{}.d", name.trim_start_matches("lib")));
    let src = src.canonicalize()?;
    let mut outside = Vec::new();
    for line in fs::read_to_string(list)?.lines() {
        let Some(path) = line.strip_suffix(':') else {
            continue;
        };
        let path = path.replace("\\ ", " ");
        let real = options.workspace.join(&path).canonicalize()?;
        if !real.starts_with(&src) {
            let root = options.workspace.canonicalize()?;
            outside.push(
                real.strip_prefix(root)
                    .unwrap_or(&real)
                    .display()
                    .to_string(),
            );
        }
    }
    Ok(outside)
}

/// Ends a build that takes too long, or that nobody waits for any more.
struct Watchdog {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<bool>,
}

impl Watchdog {
    fn on(process: u32, time: Duration) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let started = Instant::now();
        let thread = thread::spawn(move || {
            // Only a flag: the build's results are ordered by its end.
            while !seen.load(Ordering::Relaxed) {
                let late = started.elapsed() > time;
                if late || interrupt::came() {
                    kill_group(process);
                    return late;
                }
                thread::park_timeout(Duration::from_millis(50));
            }
            false
        });
        Self { over, thread }
    }

    /// Called when the build is over; true if that was the watchdog's doing.
    fn call_off(self) -> bool {
        self.over.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or(false)
    }
}

/// Cargo and its compilers in a process group of their own, to be ended together.
#[cfg(unix)]
fn alone(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn alone(_: &mut Command) {}

/// Failures with a cause and a remedy of their own.
fn known_trouble(output: &str, package: &str) -> Option<Trouble> {
    let has = |needle: &str| output.contains(needle);
    if has("linker `cc` not found") {
        return Some(Trouble::new(
            "there is no C linker, which Rust needs to make a program",
            "install one: `apt install build-essential`, `dnf install gcc`, or\n\
             `xcode-select --install`, as your system has it",
        ));
    }
    if has("cannot be built because it requires rustc")
        || has("is not supported by the following packages")
    {
        return Some(Trouble::new(
            "this Rust toolchain is too old for the course",
            "rustup update stable",
        ));
    }
    if has("rustup could not choose a version of") || has("could not execute process `rustc") {
        return Some(Trouble::new(
            "cargo finds no Rust compiler",
            "install one: `rustup default stable`, or see https://rustup.rs",
        ));
    }
    if has("Could not resolve host")
        || has("failed to download")
        || has("attempting to make an HTTP request, but --offline")
    {
        return Some(Trouble::new(
            "a library is missing and could not be fetched",
            "connect to the network once and run `cargo fetch`; after that the course\n\
             works offline",
        ));
    }
    if has("failed to parse manifest")
        || has("failed to load manifest")
        || has("could not find `Cargo.toml`")
        || has("did not match any packages")
    {
        return Some(Trouble::new(
            format!(
                "the manifest of {package}, or one it needs, is damaged:\n{}",
                tail(output, 10)
            ),
            format!("restore it: git checkout -- lessons/{package}/Cargo.toml Cargo.toml"),
        ));
    }
    // The manifest does not name it, or its file is gone.
    if has("no test target named `graded`") || has("test `graded` at path") {
        return Some(Trouble::new(
            format!("{package} has no graded tests any more"),
            format!(
                "restore them: git checkout -- lessons/{package}/tests lessons/{package}/Cargo.toml"
            ),
        ));
    }
    if has("No space left on device") {
        return Some(Trouble::new(
            "the disk is full",
            "make room; `cargo clean` removes everything that was built here",
        ));
    }
    None
}

/// Collects what cargo says. On a terminal the first build, which takes a while,
/// shows what it is at; the lesson itself is too quick to mention.
fn follow(pipe: impl Read, package: &str) -> String {
    let show = io::stderr().is_terminal();
    let mut all = String::new();
    for line in BufReader::new(pipe).lines().map_while(Result::ok) {
        let word = line.trim_start();
        let working = ["Compiling", "Download", "Updating", "Blocking", "Locking"]
            .iter()
            .any(|w| word.starts_with(w));
        if show && working && !word.contains(package) {
            eprintln!("{line}");
        }
        all.push_str(&line);
        all.push('\n');
    }
    all
}

/// The last `n` lines that are not empty.
fn tail(text: &str, n: usize) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(n)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_failures_say_what_to_type() {
        for (output, remedy) in [
            ("error: linker `cc` not found", "build-essential"),
            ("Could not resolve host: index", "cargo fetch"),
            ("error: failed to parse manifest at `x`", "git checkout"),
            ("error: no test target named `graded` in", "git checkout"),
            (
                "error: can't find integration-test `graded` at path `x`",
                "lessons/lesson-01-goroutines/tests",
            ),
            ("No space left on device (os error 28)", "cargo clean"),
            (
                "package requires: cannot be built because it requires rustc 1.95",
                "rustup update",
            ),
        ] {
            let trouble = known_trouble(output, "lesson-01-goroutines")
                .unwrap()
                .to_string();
            assert!(trouble.contains(remedy), "{output} -> {trouble}");
        }
        assert!(known_trouble("error[E0308]: mismatched types", "x").is_none());
    }
}
