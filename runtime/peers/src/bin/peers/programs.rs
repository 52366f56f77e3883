//! The programs that are measured: their list, their build, one run of one row.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use marmota_peers::rows;

use crate::go::Go;

/// Which column a program stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The marmota column.
    Ours,
    /// The Go column.
    Go,
    /// One of those among which the best is shown.
    Peer,
}

/// A program that is built and has told its rows.
#[derive(Debug)]
pub struct Program {
    /// What the table calls it.
    pub label: &'static str,
    /// Which column it stands in.
    pub kind: Kind,
    path: PathBuf,
    rows: HashSet<String>,
}

/// Every Rust program: the binary, what the table calls it, its column.
const RUST: &[(&str, &str, Kind)] = &[
    ("ours", "ours", Kind::Ours),
    ("peer-tokio", "tokio", Kind::Peer),
    ("peer-may", "may", Kind::Peer),
    ("peer-threads", "std on threads", Kind::Peer),
    ("peer-crossbeam", "crossbeam on threads", Kind::Peer),
    ("peer-flume-threads", "flume on threads", Kind::Peer),
    ("peer-kanal-threads", "kanal on threads", Kind::Peer),
    ("peer-flume", "flume on tokio", Kind::Peer),
    ("peer-kanal", "kanal on tokio", Kind::Peer),
    ("peer-shuttle", "shuttle", Kind::Peer),
    ("peer-box", "Box", Kind::Peer),
    ("peer-rc", "Rc", Kind::Peer),
    ("peer-gc", "gc", Kind::Peer),
    ("peer-dumpster", "dumpster", Kind::Peer),
    ("peer-gc-arena", "gc-arena", Kind::Peer),
];

/// A run that takes longer than this hangs. The longest honest one, a million
/// parked goroutines on a machine where touching memory is dear, takes some 15 s.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds the Rust programs, in the profile of this driver.
pub fn build() -> Result<(), String> {
    if cfg!(debug_assertions) {
        return Err(
            "this is a debug build, whose figures mean nothing: run it with --release".into(),
        );
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--bins", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the programs do not build; the compiler's messages are above".into())
    }
}

/// Every program, the Go one first if there is a Go, each with its rows.
pub fn all(go: Option<&Go>) -> Result<Vec<Program>, String> {
    let me = std::env::current_exe().map_err(|e| format!("cannot find my own path: {e}"))?;
    let folder = me.parent().expect("a program lies in a folder");
    let mut programs = Vec::new();
    for &(binary, label, kind) in RUST {
        let path = folder.join(format!("{binary}{}", std::env::consts::EXE_SUFFIX));
        programs.push(Program::new(label, kind, path)?);
    }
    if let Some(go) = go {
        programs.push(Program::new("Go", Kind::Go, go.build(folder)?)?);
    }
    Ok(programs)
}

/// What one run of one row gave.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Nanoseconds per operation, or bytes.
    pub value: f64,
    /// How the work differs from the row's; empty where it does not.
    pub note: String,
}

impl Program {
    fn new(label: &'static str, kind: Kind, path: PathBuf) -> Result<Program, String> {
        let output = Command::new(&path)
            .arg("--list")
            .output()
            .map_err(|e| format!("cannot run {}: {e}", path.display()))?;
        let rows: HashSet<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect();
        match rows.iter().find(|name| rows::find(name).is_none()) {
            Some(name) => Err(format!("{label} lists a row {name} that is not in rows.rs")),
            None => Ok(Program {
                label,
                kind,
                path,
                rows,
            }),
        }
    }

    /// Whether this program has the row.
    pub fn has(&self, row: &str) -> bool {
        self.rows.contains(row)
    }

    /// One run of one row: a process of its own.
    pub fn run(&self, row: &str, procs: usize) -> Result<Figure, String> {
        let mut child = Command::new(&self.path)
            .args([row, &procs.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("cannot start: {e}"))?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let ended = wait(&mut child, LIMIT);
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let status =
            ended.ok_or_else(|| format!("stopped after {} s without an end", LIMIT.as_secs()))?;
        if !status.success() {
            let why = stderr
                .lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or("no message");
            return Err(format!("{status}: {}", why.trim()));
        }
        let line = stdout.trim();
        let (value, note) = line.split_once(' ').unwrap_or((line, ""));
        match value.parse::<f64>() {
            Ok(value) if value > 0.0 => Ok(Figure {
                value,
                note: note.to_owned(),
            }),
            _ => Err(format!("printed {line:?} where a figure was due")),
        }
    }
}

/// Reads a pipe to its end on a thread: a child that prints a lot must not
/// block on a full pipe while we wait for its end. Only the beginning is kept.
fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(1 << 16).read_to_end(&mut kept);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        String::from_utf8_lossy(&kept).into_owned()
    })
}

/// Waits for the child's end; past the limit it is killed and there is none.
fn wait(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let begin = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if begin.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        // Long enough to leave the CPUs to the child.
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Any command serves as a program: it is run with a row and a number.
    fn program(path: &str) -> Program {
        Program {
            label: "test",
            kind: Kind::Peer,
            path: path.into(),
            rows: HashSet::new(),
        }
    }

    #[test]
    fn a_figure_and_its_note_are_read_from_one_line() {
        // `echo 12.5 2` prints what a program prints whose note is `2`.
        let figure = program("echo").run("12.5", 2).unwrap();
        assert_eq!((figure.value, figure.note.as_str()), (12.5, "2"));
    }

    #[test]
    fn a_program_that_fails_gives_its_status_and_no_figure() {
        let why = program("false").run("ring", 1).unwrap_err();
        assert!(why.contains("exit status: 1"), "{why}");
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for printed in ["ring", "0", "-1", "NaN"] {
            let why = program("echo").run(printed, 1).unwrap_err();
            assert!(why.contains("where a figure was due"), "{why}");
        }
    }

    #[test]
    fn a_program_that_hangs_is_killed_at_the_limit() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        assert_eq!(wait(&mut child, Duration::from_millis(1)), None);
        // It is gone: its status is known.
        assert!(child.try_wait().unwrap().is_some());
    }
}
