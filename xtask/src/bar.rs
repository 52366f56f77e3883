//! How far long work is: one line on standard error, written over again and again, and
//! gone when the work is over. Only on a terminal, and only for work that takes longer
//! than a glance, so that quick checks do not flicker.
//!
//! It is a few lines of our own because a library for it would be compiled by every
//! learner on the way to the first verdict.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What takes less is not mentioned.
const GLANCE: Duration = Duration::from_millis(400);

/// How often the line is written.
const PERIOD: Duration = Duration::from_millis(100);

/// How many characters the bar itself has.
const LENGTH: usize = 20;

/// Work of a known number of parts, while this lives.
pub struct Bar {
    work: Arc<Work>,
    drawer: Option<JoinHandle<()>>,
}

struct Work {
    what: String,
    of: usize,
    // Both are only looked at to draw: nothing is ordered by them.
    done: AtomicUsize,
    over: AtomicBool,
}

impl Bar {
    /// Begins to show work on `of` things called `what`, if there is a terminal.
    pub fn new(what: impl Into<String>, of: usize) -> Self {
        let work = Arc::new(Work {
            what: what.into(),
            of,
            done: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        let drawer = (io::stderr().is_terminal() && !dumb).then(|| {
            let work = Arc::clone(&work);
            thread::spawn(move || draw(&work))
        });
        Self { work, drawer }
    }

    /// One thing more is done.
    pub fn step(&self) {
        self.work.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.work.over.store(true, Ordering::Relaxed);
        if let Some(drawer) = self.drawer.take() {
            drawer.thread().unpark();
            let _drawn = drawer.join();
        }
    }
}

fn draw(work: &Work) {
    let started = Instant::now();
    let mut drawn = false;
    while !work.over.load(Ordering::Relaxed) {
        if started.elapsed() >= GLANCE {
            let done = work.done.load(Ordering::Relaxed);
            let line = line(&work.what, done, work.of, started.elapsed(), width());
            // A terminal that is gone is no reason to fail.
            let _gone = write!(io::stderr(), "\r\x1b[K{line}");
            let _gone = io::stderr().flush();
            drawn = true;
        }
        thread::park_timeout(PERIOD);
    }
    if drawn {
        let _gone = write!(io::stderr(), "\r\x1b[K");
        let _gone = io::stderr().flush();
    }
}

/// `  [########------------] 5 of 12 tests, 3 s`, or as much of it as fits.
fn line(what: &str, done: usize, of: usize, time: Duration, width: usize) -> String {
    let words = format!("{done} of {of} {what}, {} s", time.as_secs());
    // The last column stays free: to write there begins a new line in some terminals.
    let room = width.saturating_sub(1);
    let full = words.chars().count() + LENGTH + 5;
    if full > room {
        return words.chars().take(room).collect();
    }
    let filled = (done * LENGTH)
        .checked_div(of)
        .unwrap_or(LENGTH)
        .min(LENGTH);
    format!(
        "  [{}{}] {words}",
        "#".repeat(filled),
        "-".repeat(LENGTH - filled)
    )
}

/// How wide the terminal is.
#[cfg(unix)]
fn width() -> usize {
    // SAFETY: `winsize` is plain numbers, for which all zeros is a value.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer lives for the call, which writes to it and to nothing else.
    let asked = unsafe { libc::ioctl(2, libc::TIOCGWINSZ, &raw mut size) };
    if asked == 0 && size.ws_col > 0 {
        usize::from(size.ws_col)
    } else {
        80
    }
}

#[cfg(not(unix))]
fn width() -> usize {
    80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_part_that_is_done_and_fits() {
        let at = |done, of, width| line("tests", done, of, Duration::from_secs(3), width);
        assert_eq!(at(1, 2, 80), "  [##########----------] 1 of 2 tests, 3 s");
        assert_eq!(at(2, 2, 80), "  [####################] 2 of 2 tests, 3 s");
        assert_eq!(at(1, 2, 30), "1 of 2 tests, 3 s");
        assert_eq!(at(1, 2, 8), "1 of 2 ");
        assert_eq!(at(0, 0, 80), "  [####################] 0 of 0 tests, 3 s");
        for width in 0..60 {
            assert!(at(1, 2, width).len() < width.max(1), "{width}");
        }
    }
}
