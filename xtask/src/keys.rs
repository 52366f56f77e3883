//! Single keys: what is typed at a terminal, without waiting for the line's end.
//!
//! The terminal is left in the mode it had, also when the program ends by a panic.
//! Where standard input is no terminal its bytes are keys all the same, so a script
//! can press them; at its end there are no more.

use std::io::{self, Read};
use std::thread;

/// Calls `press` with each key, on a thread of its own, until standard input ends or
/// `press` gives false.
pub fn each(mut press: impl FnMut(u8) -> bool + Send + 'static) {
    thread::spawn(move || {
        let mut key = [0];
        while let Ok(1) = io::stdin().lock().read(&mut key) {
            if !press(key[0]) {
                return;
            }
        }
    });
}

/// A terminal that hands over single keys, while this lives.
#[cfg(unix)]
pub struct SingleKeys(Option<libc::termios>);

#[cfg(unix)]
impl SingleKeys {
    /// Switches, if standard input is a terminal. Ctrl-C stays a signal.
    pub fn on() -> Self {
        // SAFETY: `termios` is plain numbers, for which all zeros is a value.
        let mut before: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer lives for the call; a descriptor that is no terminal is
        // answered with an error.
        if unsafe { libc::tcgetattr(0, &raw mut before) } != 0 {
            return Self(None);
        }
        let mut single = before;
        single.c_lflag &= !(libc::ICANON | libc::ECHO);
        // SAFETY: as above; the call only reads.
        let done = unsafe { libc::tcsetattr(0, libc::TCSANOW, &raw const single) };
        Self((done == 0).then_some(before))
    }
}

#[cfg(unix)]
impl Drop for SingleKeys {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            // SAFETY: the pointer lives for the call, which only reads.
            unsafe { libc::tcsetattr(0, libc::TCSANOW, std::ptr::from_ref(before)) };
        }
    }
}

/// Elsewhere keys come a line at a time.
#[cfg(not(unix))]
pub struct SingleKeys;

#[cfg(not(unix))]
impl SingleKeys {
    /// Nothing to switch.
    pub fn on() -> Self {
        Self
    }
}
