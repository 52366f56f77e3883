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
//!
//! A panic in a destructor, while another unwinds, is the end in Rust: nobody can
//! recover the two. The hook is then called once more, before the process would be
//! aborted, and ends it in Go's shape for deferred calls that panic:
//!
//! ```text
//! panic: first
//!         panic: second
//! ```

use crate::fatal::{self, Stderr};
use crate::sched::rt::OnFatal;
use crate::sched::{GRef, Home, m};
use std::any::Any;
use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;
use std::sync::Once;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};

pub(crate) use crate::runtime::Goexit;

/// What the hook knows about a panic.
pub(crate) struct Record {
    pub(crate) message: String,
    pub(crate) place: Option<(String, u32, u32)>,
    stack: Option<Backtrace>,
    /// Of the goroutine it began in: the G may have been another's.
    id: u64,
    /// The one that began before it in the same goroutine.
    before: Option<Box<Record>>,
}

/// Records kept of one goroutine: nobody tells when a panic was recovered.
const KEPT: usize = 8;

/// What the standard library says of panics that it cannot let go on.
const IN_CLEANUP: &str = "panic in a destructor during cleanup";
const CANNOT_UNWIND: &str = "panic in a function that cannot unwind";

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
                    let message = message_of(info.payload());
                    let place = info
                        .location()
                        .map(|l| (l.file().to_owned(), l.line(), l.column()));
                    let of_the_library = place
                        .as_ref()
                        .is_some_and(|(file, ..)| file.ends_with("core/src/panicking.rs"));
                    if of_the_library && (message == IN_CLEANUP || message == CANNOT_UNWIND) {
                        ended_while_unwinding(g, &message);
                    }
                    let stack = (g.home.get() == Home::Parallel).then(Backtrace::force_capture);
                    keep(g, message, place, stack);
                }
                _ => before(info),
            }
        }));
    });
}

fn keep(g: GRef, message: String, place: Option<(String, u32, u32)>, stack: Option<Backtrace>) {
    let id = g.id.load(Relaxed);
    let mut record = Box::new(Record {
        message,
        place,
        stack,
        id,
        before: take_records(g).filter(|before| before.id == id),
    });
    let mut last = &mut record.before;
    for _ in 1..KEPT {
        match last {
            Some(before) => last = &mut before.before,
            None => break,
        }
    }
    *last = None;
    g.panic.store(Box::into_raw(record), Relaxed);
}

/// Takes what was recorded of panics on this G, the newest first.
fn take_records(g: GRef) -> Option<Box<Record>> {
    let newest = g.panic.swap(std::ptr::null_mut(), AcqRel);
    // SAFETY: only ever stored from `Box::into_raw`, and taken out once.
    (!newest.is_null()).then(|| unsafe { Box::from_raw(newest) })
}

/// Takes what was recorded of the panic that arrived with this message. Others may
/// have begun after it, and been recovered in destructors; and one that was resumed
/// from another goroutine (`resume_unwind`) has no record here.
fn take_record(g: GRef, message: &str) -> Option<Box<Record>> {
    let mut record = take_records(g);
    while let Some(mut newest) = record {
        if newest.id == g.id.load(Relaxed) && newest.message == message {
            return Some(newest);
        }
        record = newest.before.take();
    }
    None
}

/// The process ends, with all panics that unwind `g` at this moment.
fn ended_while_unwinding(g: GRef, message: &str) -> ! {
    let newest = take_records(g).filter(|newest| newest.id == g.id.load(Relaxed));
    let mut unwinding: Vec<&Record> = Vec::new();
    let mut at = newest.as_deref();
    while let Some(record) = at {
        match unwinding.first() {
            Some(newest) if !still_unwinds(record, newest) => {}
            _ => unwinding.push(record),
        }
        at = record.before.as_deref();
    }
    // Without symbols nothing is found, but one there was.
    if message == IN_CLEANUP
        && unwinding.len() == 1
        && let Some(before) = unwinding[0].before.as_deref()
    {
        unwinding.push(before);
    }
    let mut messages: Vec<&str> = unwinding.iter().map(|r| r.message.as_str()).collect();
    messages.reverse();
    if message == CANNOT_UNWIND || messages.is_empty() {
        messages.push(message);
    }
    print(g, &messages, unwinding.first().copied());
    fatal::exit()
}

/// Whether `record` unwinds while `newest`, which began later, does: whoever would
/// recover it (the innermost `catch_unwind` around its beginning) still waits. The two
/// stacks are compared from there outwards.
fn still_unwinds(record: &Record, newest: &Record) -> bool {
    let frames = |of: &Record| {
        of.stack
            .as_ref()
            .map(|s| crate::walk::parse(&s.to_string()))
    };
    let (Some(record), Some(newest)) = (frames(record), frames(newest)) else {
        return false;
    };
    let catches = |name: &str| name.contains("catch_unwind") || name == "__rust_try";
    record
        .iter()
        .position(|frame| catches(&frame.name))
        .is_some_and(|at| newest.ends_with(&record[at..]))
}

/// The text of a panic's payload: as Go prints text, numbers, truths and errors.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    macro_rules! first_of {
        ($($of:ty),*) => {
            $(if let Some(value) = payload.downcast_ref::<$of>() {
                return value.to_string();
            })*
        };
    }
    first_of!(
        &str,
        String,
        Cow<'static, str>,
        Box<str>,
        Box<dyn Error + Send + Sync>
    );
    first_of!(
        i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char
    );
    "a value that is not text".to_owned()
}

/// A panic arrived at a goroutine's root.
pub(crate) fn unrecovered(g: GRef, payload: Box<dyn Any + Send>) {
    let message = message_of(&*payload);
    let record = take_record(g, &message);
    if g.home.get() == Home::Sim {
        let place = record.and_then(|r| r.place);
        crate::sim::driver::panicked(g, message, place);
        return;
    }
    let rt = g.rt.get().expect("a goroutine of a parallel runtime");
    match rt.config.on_fatal {
        OnFatal::EndProcess => {
            print(g, &[&message], record.as_deref());
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

/// What a panic that arrived at the root of `g` said, for whoever lets it go on outside of
/// goroutines: resumed there, it begins no more, and so no hook prints it.
pub(crate) fn said(g: GRef, payload: &(dyn Any + Send)) -> String {
    let message = message_of(payload);
    let record = take_record(g, &message);
    let mut said = format!("goroutine {} panicked", g.id.load(Relaxed));
    if let Some((file, line, column)) = record.as_ref().and_then(|r| r.place.as_ref()) {
        let _ = write!(said, " at {file}:{line}:{column}");
    }
    let _ = writeln!(said, ":\n{message}");
    // As the standard library reads it.
    let with_stack = std::env::var_os("RUST_BACKTRACE").is_some_and(|set| set != "0");
    if let Some(stack) = record.and_then(|r| r.stack)
        && with_stack
    {
        crate::dump::frames(&mut said, &stack);
    }
    said
}

/// Prints panics in Go's shape, the first first, and the stack of the last. Outside
/// the runtime: it may allocate.
fn print(g: GRef, messages: &[&str], record: Option<&Record>) {
    let mut err = Stderr::new();
    for (i, message) in messages.iter().enumerate() {
        let indent = if i == 0 { "" } else { "\t" };
        let message = message.replace('\n', "\n\t");
        let _ = writeln!(err, "{indent}panic: {message}");
    }
    let _ = writeln!(err, "\ngoroutine {} [running]:", g.id.load(Relaxed));
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
