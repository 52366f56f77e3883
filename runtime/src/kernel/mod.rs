//! The kernel: the seam on which every primitive stands.
//!
//! Channels, select, sync, time and net know only this: park the current
//! goroutine, ready another, yield, the time, a timer, and `choose` (any decision
//! that the language leaves open). Two drivers implement it: the parallel scheduler
//! (`sched`) and the deterministic one (`sim`). A thread from outside, which runs
//! neither, can use primitives too: it parks on a futex.
//!
//! A primitive's operation is written once, like this:
//!
//! ```text
//!   let m = kernel::enter();              in the runtime; a choice point in `sim`
//!   let state = self.state.lock();        a spin lock, no user code under it
//!   … done at once?  unlock, kernel::ready(m, other), kernel::leave(m)
//!   … must wait?     waiter on our stack, into the queue, unlock,
//!                    let m = kernel::park(m), look at what the waker wrote
//! ```
//!
//! Invariants
//! 1. Between `enter` and `leave`: no allocation, no standard streams, no thread
//!    creation, no user code (Drop, hooks, closures), no lock that user code can
//!    hold. A goroutine that was stopped may hold the allocator's lock, and need
//!    the scheduler, which would wait for it.
//! 2. The M that `enter` gave is ours until `leave` or a switch; after `park` and
//!    `yield_now` only the M they return counts.
//! 3. A goroutine publishes itself to exactly one waker before it parks, and is
//!    readied exactly once for that park.
//! 4. What a waker writes for the parked (a value, a flag) it writes before
//!    `ready`, which publishes it.

mod outlook;
mod point;
mod public;
mod thread;
mod timer;
mod waiter;

pub(crate) use outlook::{Ask, Outlook, for_ever};
pub(crate) use point::{is_deterministic, point, shard, somebody_watches, spin_inside, watch};
pub use public::{Goroutine, choose, current, now, park, ready, yield_now};
pub(crate) use thread::outside_threads;
pub(crate) use timer::{Timer, no_timers_here, sleep_until};
pub(crate) use waiter::{WaitQueue, Waiter};

use crate::sched::m::{self, Kind, gate};
pub use crate::sched::waitreason::WaitReason;
use crate::sched::{GRef, Home, MRef, claim, handoff, switch};
use crate::sim::driver;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::compiler_fence;

/// Enters the runtime for one operation. In a deterministic run this is where
/// another goroutine may be chosen first.
#[inline(always)]
pub(crate) fn enter() -> MRef {
    let m = match m::current() {
        Some(m) => m,
        None => thread::attach(),
    };
    // Relaxed with a compiler fence: read by a signal handler on this very thread
    // and, after a membarrier, by sysmon.
    m.in_runtime.store(true, Relaxed);
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
    // Acquire: pairs with a claimer that gave the P back.
    if m.gate.load(Acquire) != 0 {
        at_gate(m, true)
    } else {
        m
    }
}

/// As [`enter`], for operations that are no choice: the ends of guards, reports.
#[inline(always)]
pub(crate) fn enter_quietly() -> MRef {
    let m = match m::current() {
        Some(m) => m,
        None => thread::attach(),
    };
    m.in_runtime.store(true, Relaxed);
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
    // Acquire: as above.
    if m.gate.load(Acquire) & !gate::SIM != 0 {
        at_gate(m, false)
    } else {
        m
    }
}

/// Whether an operation that finds nothing to do may skip entering altogether:
/// this is no deterministic run (entering is a choice point there) and nothing
/// asks this thread to stop or to yield.
///
/// Outside the runtime the M may change under the reader; all it can get then is
/// another's answer to the same question.
#[inline(always)]
pub(crate) fn undisturbed() -> bool {
    // Relaxed: as in `enter` and `leave`.
    m::current().is_some_and(|m| m.gate.load(Relaxed) == 0 && !m.preempt.load(Relaxed))
}

/// Something is up: a claim, the end, a stop of the world, or a deterministic run.
#[cold]
#[inline(never)]
fn at_gate(m: MRef, choice: bool) -> MRef {
    let bits = m.gate.load(Acquire);
    if m.kind.get() == Kind::Parallel {
        let lost = bits & (claim::PROBE | claim::TAKEN) != 0 && claim::entered(&m.gate);
        if bits & gate::STOP != 0 {
            if lost {
                m.p.set(None);
            }
            m.leave_for_good();
        }
        return match (lost, bits & gate::HALT != 0) {
            (true, _) => handoff::regain(m),
            (false, true) => handoff::halt(m),
            (false, false) => m,
        };
    }
    if choice && bits & gate::SIM != 0 {
        driver::point(m)
    } else {
        m
    }
}

/// Leaves the runtime.
#[inline(always)]
pub(crate) fn leave(m: MRef) {
    // Stopped by a signal in a region, it would keep the world from being stopped.
    debug_assert!(
        !m.in_gc.load(Relaxed),
        "left the runtime in the middle of a region of the collected heap"
    );
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
    // Release: pairs with the acquire of a claimer, who goes on with our P.
    m.in_runtime.store(false, Release);
    look_at_slice(m);
}

/// Lets others run if this thread's goroutine has run for long. Outside of the runtime.
#[inline(always)]
pub(crate) fn look_at_slice(m: MRef) {
    if m.preempt.load(Relaxed) {
        slice_used_up(m);
    }
}

/// Exits from the runtime for which a goroutine with pins is spared.
const MOST_SPARED: u32 = 10_000;

/// The current goroutine begins a pin of the collected heap. Inside the runtime.
pub(crate) fn begins_pin(m: MRef) -> Option<GRef> {
    let g = m.g.get()?;
    g.pins.set(g.pins.get().saturating_add(1));
    Some(g)
}

/// A pin that `g` began is over. Outside of the runtime.
#[inline(always)]
pub(crate) fn ends_pin(g: GRef) {
    // One that ends elsewhere is not taken back: the hint is a bounded one.
    let Some(m) = m::current().filter(|m| m.g.get().is_some_and(|now| std::ptr::eq(now, g))) else {
        return;
    };
    let left = g.pins.get().saturating_sub(1);
    g.pins.set(left);
    if left == 0 {
        look_at_slice(m);
    }
}

#[cold]
#[inline(never)]
fn slice_used_up(m: MRef) {
    // A pin keeps marking from its end (`gc::pin`), and is over in some microseconds, as
    // a rule: that is worth waiting for. A signal does not wait.
    let pinned = m.g.get().is_some_and(|g| g.pins.get() > 0);
    if pinned && m.spared.get() < MOST_SPARED {
        m.spared.set(m.spared.get() + 1);
        return;
    }
    m.spared.set(0);
    if m.kind.get() == Kind::Parallel && m.g.get().is_some() && !std::thread::panicking() {
        // Entering again: the P may be gone by now, and with it the request.
        let m = enter_quietly();
        let m = if m.preempt.load(Relaxed) {
            switch::preempted(m)
        } else {
            m
        };
        compiler_fence(std::sync::atomic::Ordering::SeqCst);
        // Release: as above.
        m.in_runtime.store(false, Release);
    }
}

/// Waits until [`ready`] is called for the current goroutine, which has noted why
/// (`G::about_to_wait`) and published itself to whoever will call it.
#[inline(always)]
pub(crate) fn park_published(m: MRef) -> MRef {
    match m.kind.get() {
        Kind::Parallel => switch::park(m),
        Kind::Sim => driver::park(m),
        Kind::Thread => thread::park(m),
    }
}

/// Makes a parked goroutine runnable, from any thread.
#[inline(always)]
pub(crate) fn ready_published(m: MRef, g: GRef) {
    match g.home.get() {
        Home::Parallel => {
            let rt = g.rt.get();
            if m.kind.get() == Kind::Parallel
                && m.p.get().is_some()
                && rt.map(std::ptr::from_ref) == m.rt.get().map(std::ptr::from_ref)
            {
                switch::ready(m, g);
            } else if let Some(rt) = rt {
                g.set_status(crate::sched::Status::Runnable);
                rt.inject(g);
            }
        }
        Home::Sim => driver::ready(m, g),
        Home::Thread => thread::ready(g),
    }
}

/// Lets others run, from inside the runtime.
#[inline(always)]
pub(crate) fn yield_inside(m: MRef) -> MRef {
    match m.kind.get() {
        Kind::Parallel => switch::yield_now(m),
        // Entering was the choice point.
        Kind::Sim => driver::yielded(m),
        Kind::Thread => {
            std::thread::yield_now();
            m
        }
    }
}

/// A number below `n`: the language leaves open which.
#[inline]
pub(crate) fn choose_inside(m: MRef, n: usize) -> usize {
    match m.kind.get() {
        Kind::Parallel => (m.p().random() % n as u64) as usize,
        Kind::Sim => driver::choose(m, n),
        Kind::Thread => thread::random(n),
    }
}

/// The time on the driver's clock, in nanoseconds.
#[inline]
pub(crate) fn now_ns(m: MRef) -> u64 {
    match m.kind.get() {
        Kind::Sim => driver::now(m),
        _ => crate::sys::monotonic_ns(),
    }
}
