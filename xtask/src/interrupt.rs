//! Ctrl-C, and being told to end: noted by a handler, acted on where it is safe.
//!
//! A graded test is in a process group of its own, so a terminal's Ctrl-C does not
//! reach it. Whoever waits for one asks [`came`] and stops it; nothing is left
//! behind. A second signal ends this program at once, as if nobody listened.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::trouble::Trouble;

/// The exit status of a program that Ctrl-C has ended: 128 and SIGINT's number.
pub const STATUS: u8 = 130;

static CAME: AtomicBool = AtomicBool::new(false);

/// Whether a signal to end has come.
pub fn came() -> bool {
    // A flag alone: nothing that was written before it is read after it.
    CAME.load(Ordering::Relaxed)
}

/// What to say then.
pub fn trouble() -> Trouble {
    Trouble::new(
        "interrupted, and what was running is stopped",
        "run it again when you like: nothing has to be cleaned up",
    )
}

/// Notes the first SIGINT, SIGTERM or SIGHUP in place of being ended by it.
#[cfg(unix)]
pub fn listen() {
    extern "C" fn note(signal: libc::c_int) {
        CAME.store(true, Ordering::Relaxed);
        // SAFETY: `signal` is async-signal-safe; the next one ends the program.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler = note as extern "C" fn(libc::c_int);
        // SAFETY: the handler writes to an atomic and calls what is safe in one.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

/// Nothing listens.
#[cfg(not(unix))]
pub fn listen() {}
