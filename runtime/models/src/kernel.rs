//! The seam as the models see it: a goroutine is a loom thread, and parks on a flag.
//!
//! Waiters and their queues are the runtime's own file. Time stands still, or leaps
//! with every look at it (`impatient`), so that a lock goes into starving mode as soon
//! as a waiter has waited.

use crate::sched::{G, GRef, M, MRef};
use std::cell::Cell;

#[path = "../../src/kernel/waiter.rs"]
mod waiter;
pub(crate) use waiter::{WaitQueue, Waiter};

#[derive(Clone, Copy)]
pub(crate) enum WaitReason {
    ChanReceive,
    ChanSend,
    MutexLock,
    Semacquire,
}

::loom::thread_local! {
    static HERE: MRef = M::leak();
}

std::thread_local! {
    /// Of the thread that runs all of a model's; other models run on others.
    static IMPATIENT: Cell<bool> = const { Cell::new(false) };
}

/// From now on every waiter finds that it has waited for two milliseconds.
pub(crate) fn impatient(yes: bool) {
    IMPATIENT.set(yes);
}

pub(crate) fn somebody_watches() -> bool {
    false
}

pub(crate) fn point() {}

/// Whoever only looks may go by what it looked at.
pub(crate) fn undisturbed() -> bool {
    true
}

pub(crate) fn enter() -> MRef {
    HERE.with(|m| *m)
}

pub(crate) fn enter_quietly() -> MRef {
    enter()
}

pub(crate) fn leave(_: MRef) {}

/// One round: enough to claim the wake-up. Without a yield, which loom takes for a
/// promise that this thread can do nothing before others have.
pub(crate) fn spin_inside(_: MRef, round: u32) -> bool {
    round < 1
}

pub(crate) fn now_ns(m: MRef) -> u64 {
    if IMPATIENT.get() {
        m.time.set(m.time.get() + 2_000_000);
    }
    m.time.get()
}

pub(crate) fn park_published(m: MRef) -> MRef {
    let g = m.g();
    let mut readied = g.readied.lock().unwrap();
    while !*readied {
        readied = g.wake.wait(readied).unwrap();
    }
    *readied = false;
    m
}

pub(crate) fn ready_published(_: MRef, g: GRef) {
    let was = std::mem::replace(&mut *g.readied.lock().unwrap(), true);
    assert!(!was, "readied twice for one park");
    g.wake.notify_one();
}

pub(crate) fn yield_inside(m: MRef) -> MRef {
    m
}
