//! `doctor`: what this machine has, what it lacks, and how to get it.
//!
//! Two kinds of findings: what no lesson works without (its absence is a failure),
//! and what makes something better (its absence is a note).

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};

use crate::cargo;
use crate::course::Course;
use crate::gotool;
use crate::own::Own;
use crate::paint::Paint;
use crate::sandbox;
use crate::trouble::Outcome;
use marmota_verdict::Verdict;

/// Look at the toolchain, the machine and the kernel; say what is missing
///
/// Exits with 0 if everything that the lessons need is there, else with 1.
#[derive(clap::Args)]
pub struct Arguments {}

/// Room for a build of the course with its tests and its book.
const ROOM: u64 = 3 << 30;

/// One thing looked at.
struct Finding {
    what: &'static str,
    seen: String,
    /// What to do about it; none if all is well.
    remedy: Option<String>,
    needed: bool,
}

impl Finding {
    fn good(what: &'static str, seen: impl Into<String>) -> Self {
        Self {
            what,
            seen: seen.into(),
            remedy: None,
            needed: false,
        }
    }

    fn lacking(what: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            needed: true,
            ..Self::good(what, seen)
        }
    }

    fn note(what: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            needed: false,
            ..Self::lacking(what, seen, remedy)
        }
    }
}

/// Prints a line a finding.
pub fn run(course: &Course, _: &Arguments) -> Outcome<ExitCode> {
    let paint = Paint::for_stdout();
    let findings = [
        rust(course),
        linker(),
        tool("rustfmt", "rustup component add rustfmt"),
        tool("clippy-driver", "rustup component add clippy"),
        cores(),
        go(),
        guards(),
        landlock(),
        seccomp(),
        room(course),
        files(course),
        writable(course),
        events(course),
    ];
    let mut lacking = 0;
    for finding in &findings {
        let (verdict, mark) = match (&finding.remedy, finding.needed) {
            (None, _) => (Verdict::Passed, "ok      "),
            (Some(_), false) => (Verdict::Passed, "note    "),
            (Some(_), true) => (Verdict::WrongResult, "MISSING "),
        };
        lacking += u32::from(verdict != Verdict::Passed);
        println!(
            "{}{:18} {}",
            paint.verdict(verdict, mark),
            finding.what,
            finding.seen
        );
        for line in finding.remedy.iter().flat_map(|r| r.lines()) {
            println!("{:26} do this: {line}", "");
        }
    }
    Ok(if lacking == 0 {
        println!("\neverything that the lessons need is there");
        ExitCode::SUCCESS
    } else {
        println!("\n{lacking} missing: mend that first");
        ExitCode::FAILURE
    })
}

/// The first line that a program prints.
fn says(program: &str, argument: &str) -> Option<String> {
    let mut command = match program {
        "cargo" => cargo::command(Path::new(".")),
        _ => Command::new(program),
    };
    let output = command
        .arg(argument)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let first = text.lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(first)
}

fn rust(course: &Course) -> Finding {
    const GET: &str = "install Rust: https://rustup.rs, then open a new terminal";
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let (Some(cargo), Some(compiler)) = (says("cargo", "--version"), says(&compiler, "--version"))
    else {
        return Finding::lacking("Rust", "there is no working cargo and rustc", GET);
    };
    let seen = format!("{cargo}; {compiler}");
    let manifest = fs::read_to_string(course.root.join("Cargo.toml")).unwrap_or_default();
    let wanted = manifest
        .lines()
        .find_map(|l| l.strip_prefix("rust-version = "))
        .map(|v| v.trim_matches('"').to_owned());
    let version = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split('.').map(|n| n.parse().ok());
        Some((parts.next()??, parts.next()??))
    };
    let has = compiler.split(' ').nth(1).and_then(version);
    match wanted.as_deref().and_then(version) {
        Some(least) if has < Some(least) => Finding::lacking("Rust", seen, "rustup update stable"),
        _ => Finding::good("Rust", seen),
    }
}

fn linker() -> Finding {
    match says("cc", "--version") {
        Some(version) => Finding::good("C linker", version),
        None => Finding::lacking(
            "C linker",
            "there is no `cc`",
            "apt install build-essential, dnf install gcc, or xcode-select --install",
        ),
    }
}

fn tool(name: &'static str, remedy: &str) -> Finding {
    match says(name, "--version") {
        Some(version) => Finding::good(name, version),
        None => Finding::note(name, "not there; only `cargo xtask test` needs it", remedy),
    }
}

fn cores() -> Finding {
    let n = thread::available_parallelism().map_or(1, usize::from);
    match n {
        1 => Finding::note(
            "cores",
            "1",
            "grades need no more; `bench` shows little about parallel programs on one",
        ),
        n => Finding::good("cores", n.to_string()),
    }
}

fn go() -> Finding {
    let what = "Go";
    match gotool::find() {
        Ok(Some(go)) => Finding::good(what, format!("{}: `bench` measures beside it", go.version)),
        Ok(None) => Finding::note(
            what,
            "not there; only `bench` has a use for it",
            gotool::REMEDY,
        ),
        Err(trouble) => Finding::note(what, trouble.what(), trouble.remedy()),
    }
}

/// Since Linux 6.13 a stack's guard is a mark on its pages and no mapping of its own.
fn guards() -> Finding {
    let what = "guard regions";
    match sandbox::guard_regions() {
        Some(true) => Finding::good(what, "the kernel has them: a goroutine is one mapping"),
        Some(false) => Finding::note(
            what,
            "the kernel lacks them: a goroutine takes two mappings, of 65,530",
            "for more than 30,000 goroutines at once: Linux 6.13, or raise vm.max_map_count",
        ),
        None => Finding::note(what, "not Linux: not looked for", "nothing"),
    }
}

fn landlock() -> Finding {
    let what = "landlock";
    match sandbox::landlock_version() {
        Some(version) => Finding::good(what, format!("version {version}: `grade` confines files")),
        None => Finding::note(
            what,
            "the kernel lacks it: `grade` cannot keep submissions from files",
            "only for `grade`: Linux 5.13 with landlock among its LSMs, or a container",
        ),
    }
}

fn seccomp() -> Finding {
    let what = "seccomp";
    if sandbox::has_seccomp() {
        Finding::good(what, "`grade` confines processes and the network")
    } else {
        Finding::note(
            what,
            "the kernel lacks it: `grade` cannot keep submissions from processes and sockets",
            "only for `grade`: a kernel with CONFIG_SECCOMP_FILTER, or a container",
        )
    }
}

fn room(course: &Course) -> Finding {
    let what = "disk";
    match sandbox::free_space(&course.root) {
        Some(free) if free < ROOM => Finding::note(
            what,
            format!("{} MB free", free >> 20),
            "make room for 3 GB; `cargo clean` removes what was built here",
        ),
        Some(free) => Finding::good(what, format!("{} GB free", free >> 30)),
        None => Finding::note(what, "the free space is not known", "nothing"),
    }
}

fn files(course: &Course) -> Finding {
    let what = "course's own files";
    let mut changed = Vec::new();
    for own in Own::all(course) {
        match own.tampered(course) {
            Ok(files) => changed.extend(files),
            Err(_) => changed.push(own.name(course)),
        }
    }
    if changed.is_empty() {
        Finding::good(what, "as they were published")
    } else {
        Finding::note(
            what,
            format!("changed: {}", changed.join(", ")),
            "cargo xtask reset --tests",
        )
    }
}

/// Whether a save is heard of where the clone lies, and how soon: on network drives and
/// in some containers it is not.
fn events(course: &Course) -> Finding {
    let what = "file events";
    let folder = crate::store::folder(&course.root).join(format!("doctor-{}", std::process::id()));
    let heard = heard_in(&folder);
    let _not_made = fs::remove_dir_all(&folder);
    match heard {
        Ok(Some(after)) => Finding::good(
            what,
            format!(
                "a save is heard of after {:.1} ms",
                after.as_secs_f64() * 1e3
            ),
        ),
        Ok(None) => Finding::note(
            what,
            "a save is not heard of here",
            "nothing: `watch` looks every second; a clone on a local disk is quicker",
        ),
        Err(e) => Finding::note(
            what,
            format!("cannot be had: {e}"),
            "nothing: `watch` looks every second; or raise fs.inotify.max_user_watches",
        ),
    }
}

/// How long after a write in `folder` its event comes, if it comes within a second.
fn heard_in(folder: &Path) -> notify::Result<Option<Duration>> {
    fs::create_dir_all(folder)?;
    let (sender, heard) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let _nobody_waits = sender.send(event.is_ok());
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    let written = Instant::now();
    fs::write(folder.join("save.rs"), "")?;
    let came = heard.recv_timeout(Duration::from_secs(1));
    Ok(came.is_ok_and(|fine| fine).then(|| written.elapsed()))
}

fn writable(course: &Course) -> Finding {
    let what = "clone";
    let probe = crate::store::folder(&course.root).join("doctor");
    let written = crate::store::put(&course.root, &probe, b"");
    let _nothing_to_remove = fs::remove_file(&probe);
    match written {
        Ok(()) => Finding::good(what, course.root.display().to_string()),
        Err(e) => Finding::lacking(
            what,
            format!("cannot be written to: {e}"),
            "clone the course into a folder of yours",
        ),
    }
}
