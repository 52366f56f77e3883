//! What goroutines do, in Go's shape: dumps and the deadlock report.
//!
//! ```text
//! goroutine 7 [chan receive]:
//!         src/main.rs:12:9
//! created by src/main.rs:8:5 in goroutine 1
//! ```
//!
//! A parked goroutine is shown with the place of the call that blocks. Nothing is
//! allocated: a dump may be wanted when the allocator's lock is out of reach.

use crate::fatal::{self, Stderr};
use crate::sched::rt::OnFatal;
use crate::sched::{G, GRef, Home, Rt, Status, g};
use crate::sys::PageVec;
use std::backtrace::Backtrace;
use std::fmt::Write;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

const DEADLOCK: &str = "all goroutines are asleep - deadlock!";
const NOBODY_LEFT: &str = "no goroutines (main called runtime.Goexit) - deadlock!";

/// Nothing can run any more and nothing will change that.
pub(crate) fn deadlock(rt: &'static Rt) {
    let nobody = rt.main_exited.load(SeqCst) && rt.goroutines() == 0;
    let what = if nobody { NOBODY_LEFT } else { DEADLOCK };
    if rt.config.on_fatal == OnFatal::EndProcess {
        {
            let mut err = Stderr::new();
            let _ = writeln!(err, "fatal error: {what}");
            all(&mut err, rt);
        }
        fatal::exit();
    }
    // Everybody is parked, so nobody was stopped inside the allocator.
    let mut text = format!("{what}\n");
    all(&mut text, rt);
    rt.failed(text);
}

/// One block per goroutine of `rt`, the oldest first.
pub(crate) fn all(out: &mut impl Write, rt: &'static Rt) {
    let mut all: PageVec<GRef> = PageVec::new();
    g::SLAB.for_each(|g: &'static G| {
        let ours = g.rt.get().is_some_and(|of| std::ptr::eq(of, rt));
        if ours && g.home.get() == Home::Parallel && g.status() != Status::Free && !g.system.get() {
            all.push(g);
        }
    });
    all.sort_unstable_by_key(|g| g.id.load(Relaxed));
    for g in all.iter() {
        let _ = writeln!(out);
        block(out, g);
    }
}

fn block(out: &mut impl Write, g: GRef) {
    let id = g.id.load(Relaxed);
    let _ = match g.status() {
        Status::Running => writeln!(out, "goroutine {id} [running]:"),
        Status::Runnable => writeln!(out, "goroutine {id} [runnable]:"),
        _ => writeln!(out, "goroutine {id} [{}]:", g.reason()),
    };
    if let Some(at) = g.waits_at()
        && g.status() == Status::Waiting
    {
        let _ = writeln!(out, "\t{at}");
    }
    created_by(out, g);
}

/// `created by … in goroutine 1`, except for a runtime's first.
pub(crate) fn created_by(out: &mut impl Write, g: GRef) {
    let parent = g.parent.load(Relaxed);
    if let Some(at) = g.created_at()
        && parent != 0
    {
        let _ = writeln!(out, "created by {at} in goroutine {parent}");
    }
}

/// The frames of a captured stack that belong to the user: without the panic
/// machinery above and the runtime's root below.
pub(crate) fn frames(out: &mut impl Write, stack: &Backtrace) {
    let text = stack.to_string();
    let mut lines = text.lines().peekable();
    let mut user = false;
    while let Some(line) = lines.next() {
        let name = line.split_once(": ").map_or(line, |(_, name)| name).trim();
        let place = lines.next_if(|next| next.trim_start().starts_with("at "));
        if name.contains("catch_unwind") || name.contains("sched::switch::root") {
            if user {
                break;
            }
            continue;
        }
        let machinery = [
            "std::",
            "core::",
            "rust_begin_unwind",
            "__rustc",
            "marmota::panics",
        ];
        if machinery
            .iter()
            .any(|m| name.trim_start_matches('<').starts_with(m))
        {
            continue;
        }
        user = true;
        let _ = writeln!(out, "{name}(...)");
        if let Some(place) = place {
            let _ = writeln!(out, "\t{}", place.trim().trim_start_matches("at "));
        }
    }
}
