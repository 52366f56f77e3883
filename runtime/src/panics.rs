//! Panics in goroutines: what is recorded, and what happens to one nobody
//! recovers.
//!
//! Go prints nothing for a panic that is recovered, and for one that is not:
//!
//! ```text
//! panic: message
//!
//! goroutine 7 [running]:
//! …stack…
//! created by … in goroutine 1
//! exit status 2
//! ```
//!
//! Rust's panic hook runs where the panic begins, before anybody knows whether it
//! will be recovered. So in a goroutine our hook only records (message, place and
//! stack); the goroutine's root prints if the panic arrives there. Outside of
//! goroutines the hook that was set before does its work.

use crate::fatal::{self, Stderr};
use crate::sched::rt::OnFatal;
use crate::sched::{GRef, Home, m};
use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt::Write;
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

pub(crate) use crate::runtime::Goexit;

/// What the hook knows about a panic.
pub(crate) struct Record {
    pub(crate) message: String,
    pub(crate) place: Option<(String, u32, u32)>,
    stack: Option<Backtrace>,
}

/// Puts our hook before the one that is set. Called by everything that runs
/// goroutines.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let goroutine = m::current().and_then(|m| m.g.get());
            match goroutine {
                Some(g) if g.home.get() != Home::Thread => {
                    let place = info
                        .location()
                        .map(|l| (l.file().to_owned(), l.line(), l.column()));
                    let stack = (g.home.get() == Home::Parallel).then(Backtrace::force_capture);
                    let record = Record {
                        message: message_of(info.payload()),
                        place,
                        stack,
                    };
                    keep(g, Some(record));
                }
                _ => before(info),
            }
        }));
    });
}

fn keep(g: GRef, record: Option<Record>) {
    let new = record.map_or(std::ptr::null_mut(), |r| Box::into_raw(Box::new(r)));
    let old = g.panic.swap(new, AcqRel);
    if !old.is_null() {
        // SAFETY: only ever stored from `Box::into_raw`, and taken out once.
        drop(unsafe { Box::from_raw(old) });
    }
}

/// Takes what was recorded for the last panic that began in `g`.
pub(crate) fn take_record(g: GRef) -> Option<Record> {
    let record = g.panic.swap(std::ptr::null_mut(), AcqRel);
    // SAFETY: only ever stored from `Box::into_raw`, and taken out once.
    (!record.is_null()).then(|| *unsafe { Box::from_raw(record) })
}

/// The text of a panic's payload.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a value that is not text".to_owned()
    }
}

/// A panic arrived at a goroutine's root.
pub(crate) fn unrecovered(g: GRef, payload: Box<dyn Any + Send>) {
    let record = take_record(g);
    let message = record
        .as_ref()
        .map_or_else(|| message_of(&*payload), |r| r.message.clone());
    if g.home.get() == Home::Sim {
        let place = record.and_then(|r| r.place);
        crate::sim::driver::panicked(g, message, place);
        return;
    }
    let rt = g.rt.get().expect("a goroutine of a parallel runtime");
    match rt.config.on_fatal {
        OnFatal::EndProcess => {
            print(g, &message, record.as_ref());
            fatal::exit()
        }
        OnFatal::PanicInCaller => {
            let place = record
                .and_then(|r| r.place)
                .map_or(String::new(), |(file, line, column)| {
                    format!(" at {file}:{line}:{column}")
                });
            let id = g.id.load(Relaxed);
            rt.failed(format!("goroutine {id} panicked{place}: {message}"));
        }
    }
}

/// Prints a panic in Go's shape. Outside the runtime: it may allocate.
fn print(g: GRef, message: &str, record: Option<&Record>) {
    let mut err = Stderr::new();
    let _ = writeln!(
        err,
        "panic: {message}\n\ngoroutine {} [running]:",
        g.id.load(Relaxed)
    );
    if let Some(record) = record {
        if let Some((file, line, column)) = &record.place {
            let _ = writeln!(err, "\tat {file}:{line}:{column}");
        }
        if let Some(stack) = &record.stack {
            crate::dump::frames(&mut err, stack);
        }
    }
    crate::dump::created_by(&mut err, g);
}
