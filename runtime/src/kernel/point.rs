//! Operations that need not enter the runtime: choice points and spinning.
//!
//! An uncontended lock is two atomic operations. Entering the runtime around them
//! would double their price, and is of no use: nothing is queued and nobody is
//! parked. But in a deterministic run the same operation is a place where another
//! goroutine may go first. So such operations begin with [`point`], which is one
//! load of a word that no one writes (`WATCHED`) in a process without deterministic
//! runs, and a look at this thread's M in one that has had any. (A runtime that ends
//! before its goroutines sets it too: so they find the place where they leave.)
//!
//! What is given up: a goroutine that does nothing but such operations passes no
//! place where its time slice is looked at. It is one more loop without calls, and
//! ends like those: by preemption.

use super::{enter, leave};
use crate::sched::MRef;
use crate::sched::m::{self, Kind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Somebody in this process wants to see every operation. Never cleared.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// From now on every operation looks whether its thread is watched: one that starts
/// deterministic runs, or one whose runtime has ended and left goroutines behind.
pub(crate) fn watch() {
    // Relaxed: the first kind sees its own store, and the other sees it in time.
    WATCHED.store(true, Relaxed);
}

/// Whether operations have to look further: there has been a deterministic run in
/// this process, or the race detector is on.
#[inline(always)]
pub(crate) fn somebody_watches() -> bool {
    WATCHED.load(Relaxed)
}

/// Whether this operation has to enter the runtime: its thread runs the
/// deterministic driver, or its runtime has ended.
#[inline(always)]
fn must_enter() -> bool {
    WATCHED.load(Relaxed) && watched_here()
}

#[cold]
#[inline(never)]
fn watched_here() -> bool {
    // A goroutine that unwinds goes on: another one would find this thread's
    // count of panics.
    m::current().is_some_and(|m| m.gate.load(Relaxed) != 0) && !std::thread::panicking()
}

/// Another goroutine may go first, in a deterministic run; nothing elsewhere.
#[inline(always)]
pub(crate) fn point() {
    if must_enter() {
        leave(enter());
    }
}

/// Whether this thread runs the deterministic driver, where what an operation does
/// must not depend on addresses, threads or chance.
pub(crate) fn is_deterministic() -> bool {
    WATCHED.load(Relaxed) && m::current().is_some_and(|m| m.kind.get() == Kind::Sim)
}

/// A small number that tends to be this thread's own: for picking one of several
/// copies of a thing. Always 0 in a deterministic run.
#[inline]
pub(crate) fn shard() -> usize {
    match m::current() {
        Some(m) if m.kind.get() == Kind::Parallel => m.id.get() as usize,
        _ => 0,
    }
}

/// Pauses of the first round of spinning; each round doubles them.
const FIRST_PAUSES: u32 = 16;
/// Rounds before a goroutine parks: some 500 pauses, the price of a park and a
/// wake-up on another thread.
const ROUNDS: u32 = 5;

/// Waits a moment in the hope that another thread changes something: `false` when
/// `round` (counted from 0) is past the limit, or when nobody else runs who could.
#[inline]
pub(crate) fn spin_inside(m: MRef, round: u32) -> bool {
    if round >= ROUNDS || m.kind.get() != Kind::Parallel {
        return false;
    }
    let rt = m.rt();
    // Relaxed: a heuristic. Ours is one of the busy Ps.
    if rt.procs() < 2 || rt.idle_ps.load(Relaxed) + 1 >= rt.procs() {
        return false;
    }
    (0..FIRST_PAUSES << round).for_each(|_| std::hint::spin_loop());
    true
}
