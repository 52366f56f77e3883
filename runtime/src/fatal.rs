//! Errors that end the program: a line in Go's shape, exit status 2.
//!
//! Written with raw `write` and no allocation, because most are found inside the
//! runtime, where the allocator's lock may be held by a goroutine that will not
//! run again.

use crate::sched::{Home, m};
use crate::sys::raw_write;
use std::backtrace::Backtrace;
use std::fmt::Write;
use std::sync::atomic::Ordering::Relaxed;

/// Go's status for a fatal error and for a panic nobody recovers.
pub(crate) const EXIT_STATUS: i32 = 2;

/// A `fmt::Write` to standard error that buffers on the stack.
pub(crate) struct Stderr {
    buffer: [u8; 512],
    len: usize,
}

impl Stderr {
    pub(crate) const fn new() -> Self {
        Stderr {
            buffer: [0; 512],
            len: 0,
        }
    }

    fn flush(&mut self) {
        raw_write(2, &self.buffer[..self.len]);
        self.len = 0;
    }
}

impl Write for Stderr {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for chunk in text.as_bytes().chunks(self.buffer.len()) {
            if self.len + chunk.len() > self.buffer.len() {
                self.flush();
            }
            self.buffer[self.len..self.len + chunk.len()].copy_from_slice(chunk);
            self.len += chunk.len();
        }
        Ok(())
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.flush();
    }
}

/// Prints `fatal error: …` and ends the process, without running destructors or
/// exit handlers.
pub(crate) fn fatal(message: std::fmt::Arguments<'_>) -> ! {
    {
        let mut err = Stderr::new();
        let _ = writeln!(err, "fatal error: {message}");
    }
    exit()
}

/// As [`fatal`], for an error of the code that runs here: with its goroutine's stack.
#[cold]
pub(crate) fn fatal_here(message: std::fmt::Arguments<'_>) -> ! {
    let mut err = Stderr::new();
    let _ = writeln!(err, "fatal error: {message}");
    let here = m::current().and_then(|m| Some((m, m.g.get()?)));
    if let Some((m, g)) = here.filter(|(_, g)| g.home.get() != Home::Thread) {
        let _ = writeln!(err, "\ngoroutine {} [running]:", g.id.load(Relaxed));
        // A captured stack is allocated.
        if !m.in_runtime.load(Relaxed) {
            crate::dump::frames(&mut err, &Backtrace::force_capture());
        }
        crate::dump::created_by(&mut err, g);
    }
    drop(err);
    exit()
}

/// Ends the process with Go's status for errors.
pub(crate) fn exit() -> ! {
    // SAFETY: `_exit` takes any status and does not return.
    unsafe { libc::_exit(EXIT_STATUS) }
}

/// The system refused memory the runtime cannot do without.
#[cold]
pub(crate) fn out_of_memory(what: &str, bytes: usize) -> ! {
    fatal(format_args!(
        "runtime: cannot reserve {bytes} bytes for {what}; raise the address-space limit (ulimit -v), or hold less: fewer goroutines, fewer live objects"
    ))
}

/// As [`fatal`], with a line before it that says more.
pub(crate) fn fatal_after(detail: std::fmt::Arguments<'_>, message: std::fmt::Arguments<'_>) -> ! {
    {
        let mut err = Stderr::new();
        let _ = writeln!(err, "{detail}");
    }
    fatal(message)
}
