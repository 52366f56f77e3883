//! `watch`: checks at each save.
//!
//! ```text
//! file events ─┐
//! keys ────────┼─► one queue ─► has the text changed? ─► stop the run, start anew
//! every second ┘
//! ```
//!
//! An event is only a reason to look. What counts is whether the Rust files under `src`
//! have another text than at the last run: editors that write a new file and rename
//! it, leave lock files and backups beside it, or save what was there already, all
//! come out right. And since looking costs nothing, it is done every second too:
//! that is all there is where events do not come (network drives, some containers).
//!
//! The run is a `check` in a process of its own. To stop it is to tell it to end; it
//! takes its compiler and its tests with it (see `interrupt.rs`).

use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher};

use crate::course::Course;
use crate::interrupt;
use crate::keys::{self, SingleKeys};
use crate::store;
use crate::targets::{self, Target};
use crate::trouble::{Outcome, Trouble};

/// Check again at each save
///
/// Keys: h a hint, n on to the next exercise, r run again, q quit.
#[derive(clap::Args)]
pub struct Arguments {
    /// The lesson [default: the one that `next` names]
    lesson: Option<String>,
    /// Only this exercise of it: its number, id or file
    exercise: Option<String>,
    /// Look every second, and do not wait for file events
    #[arg(long)]
    poll: bool,
}

/// How often it looks when nothing happens.
const LOOK: Duration = Duration::from_secs(1);

/// How long a file has to stay as it is: an editor writes it in pieces.
const SETTLED: Duration = Duration::from_millis(40);

/// How long a run that was told to end may take for it.
const GRACE: Duration = Duration::from_secs(3);

/// Why the loop looks up.
enum Wake {
    /// Something may have changed.
    Event,
    /// A key was pressed.
    Key(u8),
}

/// Watches until it is told to stop.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let words: Vec<String> = [&arguments.lesson, &arguments.exercise]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let target = match targets::read(course, &words)?.into_iter().next() {
        Some(target) => target,
        None => targets::next(course)?,
    };
    let _single = SingleKeys::on();
    let (sender, wakes) = mpsc::channel();
    let pressed = sender.clone();
    keys::each(move |key| pressed.send(Wake::Key(key)).is_ok());
    let mut watch = Watch {
        course,
        events: (!arguments.poll).then_some(sender),
        watcher: None,
        target,
        run: None,
        seen: String::new(),
    };
    watch.follow();
    let done = watch.until_quit(&wakes);
    watch.stop();
    done
}

struct Watch<'a> {
    course: &'a Course,
    /// Where events go; none if only looking is wanted.
    events: Option<Sender<Wake>>,
    watcher: Option<notify::RecommendedWatcher>,
    target: Target,
    run: Option<Child>,
    /// The hash of the sources that the last run began with.
    seen: String,
}

impl Watch<'_> {
    fn until_quit(&mut self, wakes: &Receiver<Wake>) -> Outcome<ExitCode> {
        loop {
            self.look()?;
            let ended = self.run.as_mut().is_some_and(|run| {
                // A run that cannot be asked is over.
                run.try_wait().map_or(true, |status| status.is_some())
            });
            if ended {
                self.run = None;
                self.prompt();
            }
            if interrupt::came() {
                return Ok(ExitCode::from(interrupt::STATUS));
            }
            // While a run goes on its end is looked for; otherwise nothing hurries.
            let pause = if self.run.is_some() { SETTLED } else { LOOK };
            match wakes.recv_timeout(pause) {
                Ok(Wake::Key(b'q')) => return Ok(ExitCode::SUCCESS),
                Ok(Wake::Key(key)) => self.key(key)?,
                Ok(Wake::Event) | Err(RecvTimeoutError::Timeout) => {}
                // No keys and no events any more: looking is left.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(pause),
            }
        }
    }

    /// Starts a run if the sources are not those of the last one.
    fn look(&mut self) -> Outcome<()> {
        let src = self.target.lesson.folder.join("src");
        let Some(mut now) = state(&src) else {
            return Ok(());
        };
        if now == self.seen {
            return Ok(());
        }
        loop {
            thread::sleep(SETTLED);
            match state(&src) {
                Some(later) if later == now => break,
                Some(later) => now = later,
                None => return Ok(()),
            }
        }
        if now == self.seen {
            // It was looked at in the middle of a save that changed nothing.
            return Ok(());
        }
        self.seen = now;
        self.start()
    }

    fn start(&mut self) -> Outcome<()> {
        self.stop();
        if io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb") {
            print!("\x1b[2J\x1b[H");
        }
        let _closed = io::stdout().flush();
        self.run = Some(self.command("check").spawn().map_err(not_started)?);
        Ok(())
    }

    /// Stops the run, if there is one, with all that it has started.
    fn stop(&mut self) {
        let Some(mut run) = self.run.take() else {
            return;
        };
        #[cfg(unix)]
        if let Ok(process) = libc::pid_t::try_from(run.id()) {
            // SAFETY: a system call without pointers. The process is a child that was
            // not waited for, so its number is its own.
            unsafe { libc::kill(process, libc::SIGTERM) };
        }
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if !matches!(run.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _over_already = run.kill();
        let _reaped = run.wait();
    }

    fn key(&mut self, key: u8) -> Outcome<()> {
        match key {
            b'h' => {
                let _shown = self.command("hint").status().map_err(not_started)?;
            }
            b'n' => match targets::next(self.course) {
                Ok(target) => {
                    self.target = target;
                    self.follow();
                    self.seen.clear();
                }
                Err(done) => print!("{done}"),
            },
            b'r' => self.seen.clear(),
            _ => self.prompt(),
        }
        Ok(())
    }

    /// A command of this program on what is watched.
    fn command(&self, name: &str) -> Command {
        let program = env::current_exe().unwrap_or_else(|_| "xtask".into());
        let mut command = Command::new(program);
        command.arg(name).arg(self.target.lesson.number.to_string());
        command.args(&self.target.exercises);
        // The keys are for this program.
        command.stdin(std::process::Stdio::null());
        command
    }

    /// Asks for events on the lesson's sources. Without them, looking does.
    fn follow(&mut self) {
        self.watcher = None;
        let Some(events) = self.events.clone() else {
            return;
        };
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Looking reads the files, and that is an event as well: not one to look at.
            if event.is_ok_and(|event| event.kind.is_access()) {
                return;
            }
            let _nobody_listens = events.send(Wake::Event);
        });
        let followed = watcher.and_then(|mut watcher| {
            let src = self.target.lesson.folder.join("src");
            watcher.watch(&src, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        match followed {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(e) => eprintln!("note: no file events ({e}); looking every second"),
        }
    }

    fn prompt(&self) {
        println!(
            "\nwatching {} for saves; keys: h hint, n next, r run again, q quit",
            self.target.lesson.short()
        );
    }
}

/// A hash of the Rust files under `src`; none while they cannot be read, as in the
/// middle of a save. What begins with a dot is an editor's.
fn state(src: &Path) -> Option<String> {
    fn collect(folder: &Path, all: &mut Vec<(String, String)>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type()?.is_dir() {
                collect(&path, all)?;
            } else if path.extension().is_some_and(|e| e == "rs") {
                let sum = store::hash(&fs::read(&path)?);
                all.push((path.display().to_string(), sum));
            }
        }
        Ok(())
    }
    let mut all = Vec::new();
    collect(src, &mut all).ok()?;
    all.sort();
    Some(store::hash(format!("{all:?}").as_bytes()))
}

fn not_started(e: io::Error) -> Trouble {
    Trouble::new(
        format!("cannot start this program once more: {e}"),
        "start `cargo xtask watch` again",
    )
}
