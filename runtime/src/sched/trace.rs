//! `GODEBUG=schedtrace=MS[,scheddetail=1]`: the scheduler's state, one line (or one
//! per P, M and G) every so often, in Go's words and numbers (`runtime.schedtrace`).
//!
//! Written by sysmon with raw `write` and without stopping anybody, so the figures of
//! one line need not belong to exactly one moment. What we have no like of reads as
//! it does in a Go program that does not use it.

use super::g::{self, GRef};
use super::{Home, MRef, PRef, Rt, Status, claim};
use crate::fatal::Stderr;
use std::fmt::{self, Display, Write};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// Threads besides the Ms: sysmon and the spawner.
const HELPERS: u32 = 2;

/// One trace, `ms` milliseconds after the start.
pub(crate) fn print(rt: &'static Rt, ms: u64) {
    let mut out = Stderr::new();
    let detail = rt.config.trace_detail;
    // Errors are dropped: there is nobody to tell.
    let _ = summary(&mut out, rt, ms);
    let _ = if detail {
        details(&mut out, rt)
    } else {
        queues(&mut out, rt)
    };
}

fn summary(out: &mut Stderr, rt: &'static Rt, ms: u64) -> fmt::Result {
    let (threads, idle, held, stopping) = {
        let state = rt.state.lock();
        (
            state.ms + HELPERS,
            state.idle_ms,
            state.held,
            state.stopping,
        )
    };
    write!(
        out,
        "SCHED {ms}ms: gomaxprocs={} idleprocs={} threads={threads} spinningthreads={} needspinning=0 idlethreads={idle} runqueue={}",
        rt.procs(),
        rt.idle_ps.load(Relaxed),
        rt.spinning.load(Relaxed),
        rt.global.len(),
    )?;
    if rt.config.trace_detail {
        let waiting = stopping || rt.is_halting();
        writeln!(
            out,
            " gcwaiting={waiting} nmidlelocked={held} stopwait=0 sysmonwait=false"
        )?;
    }
    Ok(())
}

fn queues(out: &mut Stderr, rt: &'static Rt) -> fmt::Result {
    write!(out, " [ ")?;
    for p in rt.ps() {
        write!(out, "{} ", p.queue.len())?;
    }
    write!(out, "] schedticks=[ ")?;
    for p in rt.ps() {
        write!(out, "{} ", p.tick.load(Relaxed))?;
    }
    writeln!(out, "]")
}

fn details(out: &mut Stderr, rt: &'static Rt) -> fmt::Result {
    for p in rt.ps() {
        writeln!(
            out,
            "  P{}: status={} schedtick={} syscalltick=0 m={} runqsize={} gfreecnt={} timerslen={}",
            p.id.get(),
            p_status(p),
            p.tick.load(Relaxed),
            // SAFETY: only ever stored from a `&'static M`.
            OrNil(unsafe { p.m.load(Relaxed).as_ref() }.map(|m| m.id.get())),
            p.queue.len(),
            p.free_gs(),
            p.timers.len(),
        )?;
    }
    {
        // No M ends meanwhile.
        let _claims = rt.claims.lock();
        let mut next = rt.state.lock().all_m;
        while let Some(m) = next {
            m_line(out, m)?;
            next = m.all_next.get();
        }
    }
    let mut result = Ok(());
    g::SLAB.for_each(|g| {
        let ours = g.rt.get().is_some_and(|of| std::ptr::eq(of, rt));
        if ours && g.home.get() == Home::Parallel && g.status() != Status::Free {
            result = result.and_then(|()| g_line(out, g));
        }
    });
    result
}

/// Go's numbers: 0 idle, 1 running, 3 stopped for the world.
fn p_status(p: PRef) -> u32 {
    match (p.idle.load(Relaxed), p.halted.load(SeqCst)) {
        (true, _) => 0,
        (_, true) => 3,
        _ => 1,
    }
}

fn m_line(out: &mut Stderr, m: MRef) -> fmt::Result {
    // A P that was claimed is still noted in its M until that notices.
    let lost = m.gate.load(Relaxed) & claim::TAKEN != 0;
    let p = m.p.get().filter(|_| !lost).map(|p| p.id.get());
    let g = m.g.get().map(|g| g.id.load(Relaxed));
    let locked = g.filter(|_| m.pinned.get() != 0);
    writeln!(
        out,
        "  M{}: p={} curg={} mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning={} blocked={} lockedg={}",
        m.id.get(),
        OrNil(p),
        OrNil(g),
        m.spinning.get(),
        p.is_none() && m.in_runtime.load(Relaxed),
        OrNil(locked),
    )
}

/// Go's numbers: 1 runnable, 2 running, 3 in a system call, 4 waiting.
fn g_line(out: &mut Stderr, g: GRef) -> fmt::Result {
    let reason = g.reason();
    let status = match g.status() {
        Status::Free => 6,
        Status::Runnable => 1,
        Status::Running => 2,
        Status::Waiting if reason == super::waitreason::WaitReason::Syscall => 3,
        Status::Waiting => 4,
    };
    let why = if status == 4 { reason.as_str() } else { "" };
    let bound = super::handoff::bound_to(g).map(|m| m.id.get());
    writeln!(
        out,
        "  G{}: status={status}({why}) m={} lockedm={}",
        g.id.load(Relaxed),
        OrNil(bound),
        OrNil(bound),
    )
}

/// A number, or Go's word for none.
struct OrNil<T>(Option<T>);

impl<T: Display> Display for OrNil<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("nil"),
        }
    }
}
