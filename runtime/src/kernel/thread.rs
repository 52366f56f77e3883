//! Threads from outside: they may use every primitive, and park on a futex.
//!
//! Such a thread gets an M and a G of kind `Thread` when it first uses a
//! primitive, and gives them back when it ends. While one exists, a parallel
//! runtime does not report a deadlock: the thread may still ready somebody.

use crate::sched::m::{self, Kind};
use crate::sched::{GRef, Home, MRef, g};
use crate::sys;
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};

static ALIVE: AtomicU32 = AtomicU32::new(0);
static NUMBERS: AtomicU64 = AtomicU64::new(1);

/// How many threads from outside use primitives at this moment.
pub(crate) fn outside_threads() -> u32 {
    ALIVE.load(SeqCst)
}

struct Attached {
    m: MRef,
    g: GRef,
}

impl Drop for Attached {
    fn drop(&mut self) {
        m::set_current(None);
        crate::race::ended(self.g);
        self.g.clear();
        self.m.g.set(None);
        g::SLAB.free(std::iter::once(self.g));
        m::SLAB.free(std::iter::once(self.m));
        ALIVE.fetch_sub(1, SeqCst);
    }
}

thread_local! {
    static ATTACHED: RefCell<Option<Attached>> = const { RefCell::new(None) };
    static RANDOM: Cell<u64> = const { Cell::new(0) };
}

/// Makes this thread known. It is no M of any runtime, so thread-locals are safe.
#[cold]
#[inline(never)]
pub(crate) fn attach() -> MRef {
    let (m, g) = (m::SLAB.alloc_one(), g::SLAB.alloc_one());
    m.kind.set(Kind::Thread);
    crate::race::watch(m);
    m.rt.set(None);
    m.p.set(None);
    m.gate.store(0, Relaxed);
    m.preempt.store(false, Relaxed);
    m.g.set(Some(g));
    g.home.set(Home::Thread);
    g.rt.set(None);
    g.id.store(NUMBERS.fetch_add(1, Relaxed), Relaxed);
    g.permit.store(0, Relaxed);
    g.wake.store(0, Relaxed);
    ALIVE.fetch_add(1, SeqCst);
    // A thread that is ending has no slot any more: it keeps its pair for good.
    let _ = ATTACHED.try_with(|slot| *slot.borrow_mut() = Some(Attached { m, g }));
    m::set_current(Some(m));
    m
}

const READIED: u32 = 1;

/// Sleeps until `ready`.
pub(crate) fn park(m: MRef) -> MRef {
    let word = &m.g().wake;
    // Acquire: pairs with the release in `ready`.
    while word.swap(0, Acquire) != READIED {
        sys::futex_wait(word, 0, None);
    }
    m
}

pub(crate) fn ready(g: GRef) {
    // Release: what the waker wrote is seen by the woken.
    g.wake.store(READIED, Release);
    sys::futex_wake(&g.wake, 1);
}

pub(crate) fn random(n: usize) -> usize {
    let mut x = RANDOM.get();
    if x == 0 {
        x = crate::seed::process_random() | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    RANDOM.set(x);
    (x % n as u64) as usize
}
