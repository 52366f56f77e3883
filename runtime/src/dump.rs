//! What goroutines do, in Go's shape: dumps and the deadlock report.
//!
//! ```text
//! goroutine 7 [chan receive, 3 minutes]:
//! program::worker(...)
//!         src/main.rs:12:9
//! created by src/main.rs:8:5 in goroutine 1
//! ```
//!
//! In two steps (see `walk`): with the world stopped, so that nobody resumes a stack
//! that is being walked, everything is noted and nothing allocated; with the world
//! running again, places are named and written. Who is asked for by a signal handler
//! is the spawner: it holds no lock and no P, so it may wait for the allocator.
//!
//! A goroutine that runs on another thread is not stopped for this: as in Go, its
//! stack is then not available. One that was preempted, or is parked, has its own.

use crate::arch::walk::Regs;
use crate::fatal::{self, Stderr};
use crate::sched::rt::OnFatal;
use crate::sched::waitreason::WaitReason;
use crate::sched::{G, GRef, Home, MRef, Rt, Status, g, handoff};
use crate::sys::{self, PageVec};
use crate::walk::{self, Names, Places};
use std::backtrace::Backtrace;
use std::fmt::Write;
use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

const DEADLOCK: &str = "all goroutines are asleep - deadlock!";
const NOBODY_LEFT: &str = "no goroutines (main called runtime.Goexit) - deadlock!";
/// Goroutines whose stack is walked; of those beyond, the place is shown.
const WALKED: usize = 10_000;
/// Places kept of each.
const KEPT: usize = 40;
const MINUTE_NS: u64 = 60_000_000_000;

/// A goroutine as it was when the world stood still.
#[derive(Clone, Copy)]
struct Seen {
    id: u64,
    parent: u64,
    state: State,
    minutes: u64,
    waits_at: Option<&'static Location<'static>>,
    created_at: Option<&'static Location<'static>>,
    places: [usize; KEPT],
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The one that asked for the dump.
    Asking,
    /// On another thread.
    Running,
    Runnable,
    Waiting(WaitReason),
}

/// Nothing can run any more and nothing will change that.
pub(crate) fn deadlock(rt: &'static Rt) {
    let nobody = rt.main_exited.load(SeqCst) && rt.goroutines() == 0;
    let what = if nobody { NOBODY_LEFT } else { DEADLOCK };
    // Everybody is parked: the world stands still by itself.
    let all = collect(rt, None);
    if rt.config.on_fatal == OnFatal::EndProcess {
        {
            let mut err = Stderr::new();
            let _ = writeln!(err, "fatal error: {what}");
            write_all(&mut err, &all, None);
        }
        fatal::exit();
    }
    let mut text = format!("{what}\n");
    write_all(&mut text, &all, None);
    rt.failed(text);
}

/// All goroutines of `rt`, to be shown with `me`'s stack as it is now. Called outside
/// the runtime, by goroutine `me` on its M, or by a thread that is no M.
pub(crate) fn text_of_all(rt: &'static Rt, me: Option<GRef>) -> String {
    let all = loop {
        let m = me.map(|_| crate::kernel::enter_quietly());
        let all = rt.try_stop(m).then(|| {
            let all = collect(rt, me);
            rt.start_again();
            all
        });
        if let Some(m) = m {
            crate::kernel::leave(m);
        }
        match all {
            Some(all) => break all,
            // What is left of it does not stand still any more.
            None if rt.has_ended() => break PageVec::new(),
            // Another stops the world, and waits for our P.
            None => std::thread::yield_now(),
        }
    };
    let own = me.map(|_| Backtrace::force_capture());
    let mut text = String::new();
    write_all(&mut text, &all, own.as_ref());
    text
}

/// Notes all goroutines of `rt`, the oldest first. The world stands still.
fn collect(rt: &'static Rt, me: Option<GRef>) -> PageVec<Seen> {
    let now = sys::monotonic_ns();
    let mut all: PageVec<Seen> = PageVec::new();
    g::SLAB.for_each(|g: &'static G| {
        let ours = g.rt.get().is_some_and(|of| std::ptr::eq(of, rt));
        if ours && g.home.get() == Home::Parallel && g.status() != Status::Free && !g.system.get() {
            let since = g.waits_since.load(Relaxed);
            let walked = all.len() < WALKED;
            let asking = me.is_some_and(|me| std::ptr::eq(me, g));
            let (state, regs) = if asking {
                (State::Asking, None)
            } else {
                look_at(rt, g)
            };
            // SAFETY: the stack is a parked or stopped goroutine's, and the world
            // stands still.
            let places = regs
                .filter(|_| walked)
                .map_or(([0; KEPT], 0), |regs| unsafe { walk::walk(&regs) }.first());
            all.push(Seen {
                id: g.id.load(Relaxed),
                parent: g.parent.load(Relaxed),
                state,
                minutes: match state {
                    State::Waiting(_) if since != 0 => now.saturating_sub(since) / MINUTE_NS,
                    _ => 0,
                },
                waits_at: g.waits_at(),
                created_at: g.created_at(),
                places: places.0,
                len: places.1,
            });
        }
    });
    all.sort_unstable_by_key(|seen| seen.id);
    all
}

/// What a goroutine does, and where its stack begins if that stays put.
fn look_at(rt: &'static Rt, g: GRef) -> (State, Option<Regs>) {
    let state = match g.status() {
        Status::Running | Status::Free => {
            let blocked = m_of(rt, g).is_some_and(|m| {
                !m.in_runtime.load(Relaxed)
                    && sys::thread_state(m.tid.load(SeqCst)) == sys::ThreadState::Blocked
            });
            return if blocked {
                (State::Waiting(WaitReason::Syscall), None)
            } else {
                (State::Running, None)
            };
        }
        Status::Runnable => State::Runnable,
        Status::Waiting => State::Waiting(g.reason()),
    };
    if g.call.get().is_some() {
        // Has not started.
        return (state, None);
    }
    // Acquire: pairs with the clearing store in the switch: `sp` is set.
    if !g.on_cpu.load(Acquire) {
        // SAFETY: it was left by a switch and is not resumed meanwhile.
        return (state, Some(unsafe { Regs::of_parked(g.sp.get()) }));
    }
    let context = handoff::bound_to(g).map_or(std::ptr::null_mut(), |m| m.stopped_at.load(Acquire));
    // SAFETY: its M waits in the handler for a P, which nobody gives meanwhile.
    let regs = (!context.is_null()).then(|| unsafe { Regs::of_signal(context) });
    (state, regs.flatten())
}

fn m_of(rt: &'static Rt, g: GRef) -> Option<MRef> {
    let mut found = None;
    rt.each_m(|m| {
        if m.g.get().is_some_and(|of| std::ptr::eq(of, g)) {
            found = Some(m);
        }
    });
    found
}

fn write_all(out: &mut impl Write, all: &[Seen], own: Option<&Backtrace>) {
    let mut names = Names::default();
    // As in Go, the one that asks comes first.
    let (asking, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|seen| seen.state == State::Asking);
    for seen in asking.into_iter().chain(others) {
        let _ = writeln!(out);
        write_one(out, &mut names, seen, own);
    }
}

fn write_one(out: &mut impl Write, names: &mut Names, seen: &Seen, own: Option<&Backtrace>) {
    let id = seen.id;
    let _ = match seen.state {
        State::Asking | State::Running => writeln!(out, "goroutine {id} [running]:"),
        State::Runnable => writeln!(out, "goroutine {id} [runnable]:"),
        State::Waiting(why) if seen.minutes > 0 => {
            writeln!(out, "goroutine {id} [{why}, {} minutes]:", seen.minutes)
        }
        State::Waiting(why) => writeln!(out, "goroutine {id} [{why}]:"),
    };
    let mut written = 0;
    if let (State::Asking, Some(own)) = (seen.state, own) {
        written = frames(out, own);
    }
    for ip in &seen.places[..seen.len] {
        written += walk::write_frames(out, names.of(*ip));
    }
    if seen.len == KEPT {
        let _ = writeln!(out, "...additional frames elided...");
    }
    match (seen.state, seen.waits_at) {
        _ if written > 0 => {}
        (State::Running, _) | (State::Waiting(WaitReason::Syscall), None) => {
            let _ = writeln!(
                out,
                "\tgoroutine running on other thread; stack unavailable"
            );
        }
        (State::Waiting(_), Some(at)) => {
            let _ = writeln!(out, "\t{at}");
        }
        _ => {}
    }
    created(out, seen.parent, seen.created_at);
}

/// `created by … in goroutine 1`, except for a runtime's first.
pub(crate) fn created_by(out: &mut impl Write, g: GRef) {
    created(out, g.parent.load(Relaxed), g.created_at());
}

fn created(out: &mut impl Write, parent: u64, at: Option<&'static Location<'static>>) {
    if let Some(at) = at
        && parent != 0
    {
        let _ = writeln!(out, "created by {at} in goroutine {parent}");
    }
}

/// The frames of a captured stack that belong to the user; how many were written.
pub(crate) fn frames(out: &mut impl Write, stack: &Backtrace) -> usize {
    walk::write_frames(out, &walk::parse(&stack.to_string()))
}

/// Notes since when goroutines wait, to the precision of its calls.
pub(crate) fn stamp_waiting(rt: &'static Rt) {
    let now = sys::monotonic_ns();
    g::SLAB.for_each(|g| {
        let ours = g.rt.get().is_some_and(|of| std::ptr::eq(of, rt));
        if ours && g.status() == Status::Waiting {
            // Relaxed: a report's figure.
            let _ = g.waits_since.compare_exchange(0, now, Relaxed, Relaxed);
        }
    });
}

/// What a signal handler asks the spawner to write.
pub(crate) mod request {
    pub(crate) const NONE: u32 = 0;
    pub(crate) const QUIT: u32 = 1;
    pub(crate) const OVERFLOW: u32 = 2;
    /// Written.
    pub(crate) const DONE: u32 = 3;
}

/// How long a failing thread waits for the spawner, which may wait for a lock.
const PATIENCE_NS: u64 = 5_000_000_000;

/// The stack of an overflow, from the failing thread to the spawner.
static OVERFLOW: crate::lock::SpinLock<Places> = crate::lock::SpinLock::new(Places::new());

/// Has the spawner write a stack. For a signal handler: allocates nothing.
pub(crate) fn ask_for_stack(rt: &'static Rt, places: Places) {
    // Not `lock`: this thread is outside of the runtime and could be stopped with it. If it
    // is taken, another goroutine has overflowed, and its stack is told.
    match OVERFLOW.try_lock() {
        Some(mut stack) => *stack = places,
        None => return,
    }
    if ask(rt, request::OVERFLOW) {
        let until = sys::monotonic_ns() + PATIENCE_NS;
        while rt.report.load(Acquire) != request::DONE && sys::monotonic_ns() < until {
            sys::futex_wait(&rt.report, request::OVERFLOW, Some(PATIENCE_NS));
        }
    }
}

/// Asks the spawner for a report, unless it is at one. For a signal handler.
pub(crate) fn ask(rt: &'static Rt, what: u32) -> bool {
    let asked = rt
        .report
        .compare_exchange(request::NONE, what, SeqCst, SeqCst)
        .is_ok();
    if asked {
        rt.wake_spawner();
    }
    asked
}

/// By the spawner: writes what was asked for.
pub(crate) fn serve(rt: &'static Rt) {
    match rt.report.load(Acquire) {
        request::QUIT => {
            let text = text_of_all(rt, None);
            sys::raw_write(2, format!("SIGQUIT: quit\n{text}").as_bytes());
            fatal::exit();
        }
        request::OVERFLOW => {
            let places = *OVERFLOW.lock();
            {
                let mut err = Stderr::new();
                walk::write_places(&mut err, &mut Names::default(), &places);
            }
            // Release: what was written comes before what the failing thread writes.
            rt.report.store(request::DONE, Release);
            sys::futex_wake(&rt.report, 1);
        }
        _ => {}
    }
}
