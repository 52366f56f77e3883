//! P: the right to run goroutines, and what belongs to whoever has it.
//!
//! Caches (free Gs, warm stacks, ids) are plain cells: the M that holds the P
//! owns them. The run queue and the timers are shared with thieves.

use super::timers::Timers;
use super::{G, GRef, MRef, Rt, RunQueue, g};
use crate::slab::{Slab, Zeroed};
use crate::stack::{Stack, StackPool};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed};

pub(crate) type PRef = &'static P;

/// Stacks a P keeps; half moves to and from the pool at once.
const STACK_CACHE: usize = 32;
/// Free Gs a P takes from the slab at once, and above twice that gives back.
const G_BATCH: usize = 32;
/// Goroutine numbers a P takes at once (Go's `_GoidCacheBatch`).
const ID_BATCH: u64 = 16;

#[repr(C, align(128))]
pub(crate) struct P {
    pub(crate) queue: RunQueue<G>,
    /// Counts scheduling decisions: every 61st looks at the global queue.
    pub(crate) tick: AtomicU32,
    /// Counts time slices begun; sysmon watches it.
    pub(crate) slices: AtomicU32,
    pub(crate) id: Cell<u32>,
    pub(crate) rt: Cell<Option<&'static Rt>>,
    /// The M that holds it, or null.
    pub(crate) m: AtomicPtr<super::M>,
    /// Readies left until this P looks again whether to wake another thread for
    /// a lone successor (see `wake`).
    pub(crate) quiet: Cell<u32>,
    /// Idle list, under the scheduler's lock.
    pub(crate) idle_next: Cell<Option<PRef>>,
    pub(crate) idle: AtomicBool,
    /// With whoever stops the world.
    pub(crate) halted: AtomicBool,
    /// The M it was claimed from for that; by the stopper.
    pub(crate) claimed_from: Cell<Option<MRef>>,
    /// The number of the last claim on it, under the claimers' lock.
    pub(crate) claim_number: Cell<u32>,
    random: Cell<u64>,

    free_g: Cell<Option<GRef>>,
    free_g_len: Cell<usize>,
    stacks: [Cell<Stack>; STACK_CACHE],
    stacks_len: Cell<usize>,
    next_id: Cell<u64>,
    end_id: Cell<u64>,
    /// Goroutines started and ended here: their sums give the number alive.
    pub(crate) started: AtomicU64,
    pub(crate) ended: AtomicU64,

    pub(crate) timers: Timers,
    /// What goroutines here allocate collected objects from.
    pub(crate) gc: Cell<Option<&'static crate::gc::Cache>>,
}

// SAFETY: cells belong to the M that holds the P, or to whoever holds the
// scheduler's lock where the field says so; the rest is shared safely.
unsafe impl Sync for P {}
// SAFETY: as for G; an all-zero SpinLock is unlocked. `Timers` sets itself up
// in `P::reset`.
unsafe impl Zeroed for P {}

static SLAB: Slab<P> = Slab::new();

impl P {
    pub(crate) fn new(id: u32, rt: &'static Rt, seed: u64) -> PRef {
        let p = SLAB.alloc_one();
        p.id.set(id);
        p.rt.set(Some(rt));
        p.random.set(seed | 1);
        p.timers.reset();
        p
    }

    #[inline(always)]
    pub(crate) fn rt(&self) -> &'static Rt {
        self.rt.get().expect("a P belongs to a runtime")
    }

    /// A random number of this P's own source (xorshift64*, Vigna 2016).
    #[inline]
    pub(crate) fn random(&self) -> u64 {
        let mut x = self.random.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random.set(x);
        x.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    #[inline]
    pub(crate) fn new_id(&self) -> u64 {
        let id = self.next_id.get();
        if id == self.end_id.get() {
            // Relaxed: numbers only have to differ.
            let first = self.rt().next_id.fetch_add(ID_BATCH, Relaxed);
            self.next_id.set(first + 1);
            self.end_id.set(first + ID_BATCH);
            return first;
        }
        self.next_id.set(id + 1);
        id
    }

    /// A free G.
    #[inline]
    pub(crate) fn take_g(&self) -> GRef {
        if let Some(g) = self.free_g.get() {
            self.free_g.set(g.next.take());
            self.free_g_len.set(self.free_g_len.get() - 1);
            return g;
        }
        self.refill_g()
    }

    #[cold]
    fn refill_g(&self) -> GRef {
        g::SLAB.alloc(G_BATCH, |g| self.put_g(g));
        self.take_g()
    }

    /// Takes a finished goroutine's G back.
    #[inline]
    pub(crate) fn put_g(&self, g: GRef) {
        g.next.set(self.free_g.get());
        self.free_g.set(Some(g));
        self.free_g_len.set(self.free_g_len.get() + 1);
        if self.free_g_len.get() > 3 * G_BATCH {
            self.shed_g();
        }
    }

    #[cold]
    fn shed_g(&self) {
        g::SLAB.free((0..2 * G_BATCH).map(|_| {
            let g = self.free_g.get().expect("counted");
            self.free_g.set(g.next.take());
            g
        }));
        self.free_g_len.set(self.free_g_len.get() - 2 * G_BATCH);
    }

    /// A stack nobody stands on.
    #[inline]
    pub(crate) fn take_stack(&self, pool: &StackPool) -> Stack {
        let len = self.stacks_len.get();
        if len > 0 {
            self.stacks_len.set(len - 1);
            return self.stacks[len - 1].get();
        }
        self.refill_stacks(pool)
    }

    #[cold]
    fn refill_stacks(&self, pool: &StackPool) -> Stack {
        pool.alloc(STACK_CACHE / 2, |stack| {
            self.stacks[self.stacks_len.get()].set(stack);
            self.stacks_len.set(self.stacks_len.get() + 1);
        });
        self.take_stack(pool)
    }

    /// Takes a stack back. The caller may still stand on it, as long as it leaves
    /// it before this P runs anything else: so the newest is never the one that
    /// goes on to the pool.
    #[inline]
    pub(crate) fn put_stack(&self, stack: Stack, pool: &StackPool) {
        if self.stacks_len.get() == STACK_CACHE {
            self.shed_stacks(pool);
        }
        let len = self.stacks_len.get();
        self.stacks[len].set(stack);
        self.stacks_len.set(len + 1);
    }

    #[cold]
    fn shed_stacks(&self, pool: &StackPool) {
        let half = STACK_CACHE / 2;
        pool.free(self.stacks[..half].iter().map(Cell::get));
        for i in half..STACK_CACHE {
            self.stacks[i - half].set(self.stacks[i].get());
        }
        self.stacks_len.set(STACK_CACHE - half);
    }

    /// Gives what it keeps to spare back, for a P that goes out of service.
    pub(crate) fn give_caches_back(&self, pool: &StackPool) {
        let kept = self.stacks_len.replace(0);
        pool.free(self.stacks[..kept].iter().map(Cell::get));
        g::SLAB.free(std::iter::from_fn(|| {
            let g = self.free_g.get()?;
            self.free_g.set(g.next.take());
            Some(g)
        }));
        self.free_g_len.set(0);
    }

    /// How many free Gs it keeps: a report's figure.
    pub(crate) fn free_gs(&self) -> usize {
        self.free_g_len.get()
    }

    /// Whether neither its queue nor its timers have anything to run now.
    pub(crate) fn nothing_to_run(&self) -> bool {
        let first = self.timers.first();
        self.queue.is_empty()
            && self.queue.peek_next().is_null()
            && (first == super::timers::NEVER || first > crate::sys::monotonic_ns())
    }

    pub(crate) fn attach(&self, m: MRef) {
        // Relaxed: handed over under the scheduler's lock or by a wake-up.
        self.m.store(std::ptr::from_ref(m).cast_mut(), Relaxed);
    }

    pub(crate) fn detach(&self) {
        self.m.store(std::ptr::null_mut(), Relaxed);
    }

    /// A P without a runtime, for tests of its parts.
    #[cfg(test)]
    pub(crate) fn for_tests() -> PRef {
        let p = SLAB.alloc_one();
        p.timers.reset();
        p
    }
}
