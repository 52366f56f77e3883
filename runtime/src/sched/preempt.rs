//! Preemption of any code, by parking its thread.
//!
//! A context switch at an arbitrary instruction is not safe in Rust: the code may be
//! inside the allocator, or hold a borrow of a thread-local. So a goroutine that is
//! stopped keeps its thread, and the thread gives up its P:
//!
//! ```text
//!   sysmon        same slice for 10 ms: M::preempt, looked at on leaving the runtime;
//!                 still the same one look later: SIGURG to its thread
//!   the handler   in user code? another M takes the P; the goroutine goes to the
//!                 tail of the global queue, bound to this M; the thread sleeps here
//!   a scheduler   that picks it hands its P to this M: the handler returns
//! ```
//!
//! Who takes the P is there before the signal is sent: an idle M, kept to spare, or
//! the M of another stopped goroutine. Making a thread allocates, and the very
//! goroutine that was stopped may hold the allocator's lock. With neither at hand
//! the goroutine is not stopped, and a spare is asked for. Where it can be, that M is
//! woken first and sends the signal itself (`alert`): the P does not wait for it.
//!
//! Invariants
//! 1. The handler works only if its thread is outside the runtime, and in no region of
//!    the collected heap. So the thread holds no lock of the runtime, and no P is in the
//!    middle of a change.
//! 2. It uses no thread-local but the current M's word, allocates nothing, keeps
//!    errno, and runs on the alternate stack with all signals blocked that are not
//!    synchronous. What is not ours goes to the handler that was there before.
//! 3. A thread that blocks is never signalled (poll, nanosleep and timed waits would
//!    return EINTR): sysmon looks at its state first, and takes its P by a claim.
//! 4. At most `MOST_STOPPED` threads wait in handlers; beyond that, only a goroutine
//!    whose place another stopped one takes is stopped.
//! 5. In `fork`, a thread holds the allocator's locks and is not stopped; in the
//!    child there is one thread and no runtime, and primitives work as on a thread.

use super::handoff::{about_to_wait, bind, take_over, wait_here};
use super::idle::{dismiss, hand_over};
use super::m::{self, Kind, gate};
use super::waitreason::WaitReason;
use super::{GRef, MRef, PRef, Rt, Status, alert, claim, handoff};
use crate::sys;
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::sync::Once;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::compiler_fence;

/// Threads that may wait in handlers before goroutines that are not bound are left
/// to run on.
const MOST_STOPPED: u32 = 256;

struct Before(UnsafeCell<MaybeUninit<libc::sigaction>>);
// SAFETY: written once, before the handler that reads it is installed.
unsafe impl Sync for Before {}
static BEFORE: Before = Before(UnsafeCell::new(MaybeUninit::uninit()));

/// Sets up what preemption and claims need, once per process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        sys::register_fences();
        // SAFETY: the three functions are safe to call at a fork; the handler is
        // async-signal-safe, and BEFORE is written before it can run.
        unsafe {
            libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child));
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
            libc::sigfillset(&mut action.sa_mask);
            for synchronous in [
                libc::SIGSEGV,
                libc::SIGBUS,
                libc::SIGFPE,
                libc::SIGILL,
                libc::SIGTRAP,
                libc::SIGSYS,
                libc::SIGABRT,
            ] {
                libc::sigdelset(&mut action.sa_mask, synchronous);
            }
            libc::sigaction(
                libc::SIGURG,
                std::ptr::null(),
                (*BEFORE.0.get()).as_mut_ptr(),
            );
            libc::sigaction(libc::SIGURG, &action, std::ptr::null_mut());
        }
    });
}

/// By sysmon: stops what `m` runs on `p`, if somebody is there to take it. `false` when
/// a spare M is to be made: without one, only stopped goroutines take turns, and nobody
/// looks at the queues and timers.
pub(crate) fn request(rt: &'static Rt, p: PRef, m: MRef) -> bool {
    let spare = rt.state.lock().first_idle_m();
    let many = rt.stopped_ms.load(Relaxed) >= MOST_STOPPED;
    // Whom `heir` will choose, if nothing changes until then.
    let bound = |anywhere| {
        let g = rt.global.first_bound(anywhere)?;
        handoff::bound_to(g)
    };
    let heir = (p.nothing_to_run().then(|| bound(false)).flatten())
        .or(spare.filter(|_| !many))
        .or_else(|| bound(true));
    if let Some(heir) = heir
        && !(rt.has_cpu_to_spare() && !rt.config.storm && alert::to_stop(heir, m))
    {
        // With the claimers' lock its thread does not end.
        let _claims = rt.claims.lock();
        if std::ptr::eq(p.m.load(Relaxed), m) {
            send(m);
        }
    }
    spare.is_some() || many
}

/// Signals the thread of `m`. With the claimers' lock: it does not end meanwhile.
pub(crate) fn send(m: MRef) {
    let tid = m.tid.load(SeqCst);
    if tid != 0 && sys::thread_state(tid) != sys::ThreadState::Blocked {
        m.signalled.store(true, SeqCst);
        sys::signal_thread(tid, libc::SIGURG);
    }
}

extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let errno = sys::errno();
    match m::current() {
        Some(m) if m.kind.get() == Kind::Parallel && m.signalled.swap(false, SeqCst) => {
            if !m.in_runtime.load(Relaxed) && !m.in_gc.load(Relaxed) && !m.forking.load(Relaxed) {
                m.in_runtime.store(true, Relaxed);
                compiler_fence(SeqCst);
                m.stopped_at.store(context, Relaxed);
                interrupted(m);
                m.stopped_at.store(std::ptr::null_mut(), Relaxed);
                compiler_fence(SeqCst);
                m.in_runtime
                    .store(false, std::sync::atomic::Ordering::Release);
            }
        }
        _ => forward(signal, info, context),
    }
    sys::set_errno(errno);
}

/// In the handler, inside the runtime.
fn interrupted(m: MRef) {
    let rt = m.rt();
    let lost = claim::entered(&m.gate);
    let Some(g) = m.g.get() else { return };
    if lost {
        // It ran without a P.
        m.p.set(None);
        rt.without_p.fetch_sub(1, SeqCst);
        if m.gate.load(Relaxed) & gate::STOP != 0 {
            return;
        }
        match rt.take_idle_p().or_else(|| rt.take_unborn_p()) {
            Some(p) => take_over(m, p),
            None if about_to_wait(m) => {
                stopped(g);
                bind(g, m);
                rt.inject(g);
                rt.find_a_thread_for_unborn_p();
                sleep(m, g);
            }
            None => {}
        }
        return;
    }
    // The request may be out of date: a new slice has begun.
    let wanted = rt.config.async_preempt && m.preempt.load(Relaxed) || rt.config.storm;
    if !wanted || m.gate.load(Relaxed) & gate::STOP != 0 {
        return;
    }
    let Some(p) = m.p.get() else { return };
    let Some(heir) = heir(rt, p) else { return };
    if !about_to_wait(m) {
        // The runtime ends, and nobody else knows of that one any more.
        dismiss(heir);
        return;
    }
    m.p.set(None);
    p.detach();
    stopped(g);
    bind(g, m);
    rt.global.push(std::iter::once(g));
    hand_over(heir, p, false);
    sleep(m, g);
}

fn stopped(g: GRef) {
    g.about_to_wait(WaitReason::Preempted, Location::caller());
    g.set_status(Status::Runnable);
}

fn sleep(m: MRef, g: GRef) {
    let stopped = &m.rt().stopped_ms;
    m.rt().preemptions.fetch_add(1, Relaxed);
    stopped.fetch_add(1, Relaxed);
    // When the runtime has ended, the code runs on until it next enters it: it may
    // hold a lock that others need.
    wait_here(m, g);
    stopped.fetch_sub(1, Relaxed);
}

/// Who takes the P: the M of the bound goroutine whose turn it is; else an idle one,
/// to look for itself; else that of any bound goroutine.
fn heir(rt: &'static Rt, p: PRef) -> Option<MRef> {
    let turn = p
        .nothing_to_run()
        .then(|| rt.global.pop_bound(false))
        .flatten();
    turn.and_then(handoff::bound_to)
        .or_else(|| rt.state.lock().pop_idle_m())
        .or_else(|| rt.global.pop_bound(true).and_then(handoff::bound_to))
}

/// Not ours: the handler that was there before. The default is to ignore.
fn forward(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: written before this handler was installed.
    let before = unsafe { (*BEFORE.0.get()).assume_init_ref() };
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {}
        handler if before.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: SA_SIGINFO says that it is a function of this shape.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO it is a function of this shape.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}

fn worker_m() -> Option<MRef> {
    m::current().filter(|m| m.kind.get() == Kind::Parallel)
}

extern "C" fn before_fork() {
    if let Some(m) = worker_m() {
        m.forking.store(true, SeqCst);
    }
}

extern "C" fn in_parent() {
    if let Some(m) = worker_m() {
        m.forking.store(false, SeqCst);
    }
}

extern "C" fn in_child() {
    // The other threads are not here: no scheduler. A primitive finds a thread that
    // is not known yet.
    if worker_m().is_some() {
        m::set_current(None);
    }
}
