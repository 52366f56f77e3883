//! Stacks: equal slots in large reserved arenas, each with a guard below it.
//!
//! ```text
//!  arena: [guard|........stack 0][guard|........stack 1] …   grows down ←
//! ```
//!
//! A goroutine cannot move its stack (Rust has no stack maps), so a slot is as
//! large as a stack may get and the system backs only the pages that were
//! touched: one, for a goroutine that waits on a channel. A mapping for each
//! would end at `vm.max_map_count`, hence arenas; huge pages would back 2 MB for
//! each touched page, hence none.
//!
//! Freed stacks are kept warm (a first touch costs microseconds on a virtual
//! machine) and go out again last freed first: to the P's own cache, then to the
//! pool of their size. Beyond a bound, the pages of pooled stacks are given back at
//! once. Below it, the spawner gives back, every few seconds, half of those that
//! nobody took in the meantime: the pool is a stack itself, so those that nobody took
//! lie at its bottom, as many as it held at its lowest (`Slots::lowest`).
//!
//! All slots start at the same offset in a page, so without a shift the hot ends
//! of all stacks would meet in the same few cache sets, and a ring of a thousand
//! goroutines would run out of the first-level cache after a dozen. `top` is
//! therefore coloured: shifted by a multiple of a cache line that follows from
//! the slot's number, at most 1.5 KB, so that a shallow stack still touches one
//! page.

use crate::lock::SpinLock;
use crate::sys::{self, PageVec};

/// What a goroutine gets unless the builder says otherwise: 256 KB of address
/// space, of which the touched pages count.
pub(crate) const DEFAULT_STACK_SIZE: usize = 256 << 10;

/// Pages at the low end that fault. Rust probes its frames page by page, so one
/// would do; foreign code may not.
pub(crate) const GUARD_PAGES: usize = 4;

/// Address space reserved at once.
const ARENA_BYTES: usize = 64 << 20;

/// Warm stacks the pool keeps (64 MB if one page of each was touched); those above
/// it have their pages given back.
const WARM_LIMIT: usize = 16_384;

/// How often idle stacks are looked at.
const IDLE_NS: u64 = 2_000_000_000;
/// Of which so many are given back at most: it takes a microsecond each.
const MOST_GIVEN_BACK: usize = 4_096;

/// A slot, usable part only. Plain data: who holds it owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stack {
    /// Lowest usable address, just above the guard.
    pub(crate) low: *mut u8,
    /// One past the highest address; 16-byte aligned, coloured.
    pub(crate) top: *mut u8,
}

// SAFETY: an owner's token for memory that belongs to no thread.
unsafe impl Send for Stack {}

impl Stack {
    pub(crate) const NONE: Stack = Stack {
        low: std::ptr::null_mut(),
        top: std::ptr::null_mut(),
    };

    pub(crate) fn is_none(self) -> bool {
        self.low.is_null()
    }

    /// Gives its pages back to the system.
    ///
    /// # Safety
    /// It is the caller's, and nobody stands on it.
    unsafe fn discard(self) {
        let end = (self.top as usize).next_multiple_of(sys::page_size());
        // SAFETY: by this function's contract; low is page-aligned and the range ends
        // at the slot's end.
        unsafe { sys::discard(self.low, end - self.low as usize) };
    }
}

/// All stacks of one size.
pub(crate) struct StackPool {
    slot: usize,
    inner: SpinLock<Slots>,
}

struct Slots {
    /// Still backed by pages, last freed on top.
    warm: PageVec<Stack>,
    /// The fewest that were warm since the last look at idle ones, and when that was.
    lowest: usize,
    looked_at: u64,
    /// Given back or never used.
    cold: PageVec<Stack>,
    arena: *mut u8,
    arena_used: usize,
    arena_bytes: usize,
    /// Slots cut so far, over all arenas: numbers them for colouring.
    cut: usize,
}

// SAFETY: the arena pointer is memory this pool owns.
unsafe impl Send for Slots {}

impl StackPool {
    /// A pool whose stacks have `size` bytes, guard included, rounded up to
    /// pages.
    pub(crate) const fn new(slot: usize) -> Self {
        StackPool {
            slot,
            inner: SpinLock::new(Slots {
                warm: PageVec::new(),
                lowest: 0,
                looked_at: 0,
                cold: PageVec::new(),
                arena: std::ptr::null_mut(),
                arena_used: 0,
                arena_bytes: 0,
                cut: 0,
            }),
        }
    }

    /// Reserves the first arena, so that a size the system refuses is an error
    /// value at build time and not the end of the program later.
    pub(crate) fn probe(&self) -> bool {
        let mut inner = self.inner.lock();
        inner.arena_bytes > 0 || inner.add_arena(self.slot)
    }

    /// Bytes of address space cut into stacks, and those of them that are out.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let inner = self.inner.lock();
        let out = inner.cut - inner.warm.len() - inner.cold.len();
        ((inner.cut * self.slot) as u64, (out * self.slot) as u64)
    }

    /// Takes up to `n` stacks, warm ones first.
    pub(crate) fn alloc(&self, n: usize, mut take: impl FnMut(Stack)) {
        let mut inner = self.inner.lock();
        for _ in 0..n {
            let recycled = inner.warm.pop().or_else(|| inner.cold.pop());
            take(recycled.unwrap_or_else(|| inner.cut_slot(self.slot)));
        }
        inner.lowest = inner.lowest.min(inner.warm.len());
    }

    /// Gives stacks back. Above the bound their pages go back to the system.
    pub(crate) fn free(&self, stacks: impl Iterator<Item = Stack>) {
        for stack in stacks {
            let mut inner = self.inner.lock();
            if inner.warm.len() < WARM_LIMIT {
                inner.warm.push(stack);
                continue;
            }
            drop(inner);
            // SAFETY: we hold the slot's only token.
            unsafe { stack.discard() };
            self.inner.lock().cold.push(stack);
        }
    }

    /// Gives the pages of stacks back that nobody needed for a while: half of them.
    /// Called now and then, outside the runtime; how many they were.
    pub(crate) fn give_idle_back(&self, now: u64) -> usize {
        let most = {
            let mut inner = self.inner.lock();
            if now < inner.looked_at + IDLE_NS {
                return 0;
            }
            inner.looked_at = now;
            inner.lowest.div_ceil(2).min(MOST_GIVEN_BACK)
        };
        // Room is made without the lock: that asks the system.
        let mut idle: PageVec<Stack> = PageVec::new();
        (0..most).for_each(|_| idle.push(Stack::NONE));
        {
            let mut inner = self.inner.lock();
            let n = most.min(inner.lowest);
            let len = inner.warm.len();
            idle[..n].copy_from_slice(&inner.warm[..n]);
            idle.truncate(n);
            inner.warm.copy_within(n.., 0);
            inner.warm.truncate(len - n);
            inner.lowest = len - n;
        }
        for stack in &idle[..] {
            // SAFETY: we hold the slot's only token.
            unsafe { stack.discard() };
            self.inner.lock().cold.push(*stack);
        }
        idle.len()
    }
}

impl Slots {
    fn add_arena(&mut self, slot: usize) -> bool {
        let bytes = ARENA_BYTES.next_multiple_of(slot);
        let Some(at) = sys::reserve(bytes) else {
            return false;
        };
        // SAFETY: the arena was just reserved and is ours.
        unsafe { sys::no_huge_pages(at.as_ptr(), bytes) };
        crate::sanitize::stacks(at.as_ptr(), bytes, slot);
        self.arena = at.as_ptr();
        self.arena_used = 0;
        self.arena_bytes = bytes;
        true
    }

    fn cut_slot(&mut self, slot: usize) -> Stack {
        if self.arena_used + slot > self.arena_bytes && !self.add_arena(slot) {
            crate::fatal::out_of_memory("stacks", ARENA_BYTES.next_multiple_of(slot));
        }
        let guard = GUARD_PAGES * sys::page_size();
        // SAFETY: the slot lies inside the arena, whose size is a multiple of it.
        let (base, end) = unsafe {
            let base = self.arena.add(self.arena_used);
            (base, base.add(slot))
        };
        self.arena_used += slot;
        // SAFETY: the lowest pages of a slot nobody uses yet.
        if !unsafe { sys::install_guard(base, guard) } {
            crate::fatal::fatal(format_args!(
                "runtime: cannot guard a stack; raise vm.max_map_count or start fewer goroutines"
            ));
        }
        let colour = (self.cut % 24) * 64;
        self.cut += 1;
        // SAFETY: both stay inside the slot, which is at least two pages larger
        // than its guard (checked by the builder).
        unsafe {
            Stack {
                low: base.add(guard),
                top: end.sub(colour),
            }
        }
    }
}

/// Bytes of guard below each stack.
pub(crate) fn guard_bytes() -> usize {
    GUARD_PAGES * sys::page_size()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_freed_stack_goes_out_first() {
        let pool = StackPool::new(64 << 10);
        let mut got = Vec::new();
        pool.alloc(3, |s| got.push(s));
        assert_ne!(got[0].low, got[1].low);
        pool.free(got.iter().copied());
        let mut again = Vec::new();
        pool.alloc(1, |s| again.push(s));
        assert_eq!(again[0], got[2]);
    }

    /// How many of the stacks are backed by a page at their hot end.
    fn backed(stacks: &[Stack]) -> usize {
        let page = sys::page_size();
        let is_backed = |stack: &&Stack| {
            let last = (stack.top as usize - 1) / page * page;
            let mut seen = 0u8;
            // SAFETY: asks about one mapped page.
            let asked = unsafe { libc::mincore(last as *mut _, page, (&raw mut seen).cast()) };
            assert_eq!(asked, 0);
            seen & 1 != 0
        };
        stacks.iter().filter(is_backed).count()
    }

    #[test]
    fn stacks_that_nobody_takes_are_given_back() {
        let pool = StackPool::new(64 << 10);
        let mut all = Vec::new();
        pool.alloc(100, |s| all.push(s));
        for stack in &all {
            // SAFETY: the pool handed it to us alone.
            unsafe { stack.top.sub(1).write(1) };
        }
        pool.free(all.iter().copied());
        assert_eq!(backed(&all), 100);
        let mut now = IDLE_NS;
        // They were all in use a moment ago.
        assert_eq!(pool.give_idle_back(now), 0);
        assert_eq!(pool.give_idle_back(now + IDLE_NS / 2), 0, "not yet");
        // Of them, forty are taken now and then.
        for expected in [30, 15, 8, 4, 2, 1, 0] {
            let mut few = Vec::new();
            pool.alloc(40, |s| few.push(s));
            for stack in &few {
                // SAFETY: as above.
                unsafe { stack.top.sub(1).write(1) };
            }
            pool.free(few.into_iter().rev());
            now += IDLE_NS;
            assert_eq!(pool.give_idle_back(now), expected);
        }
        assert_eq!(backed(&all), 40);
        while pool.give_idle_back(now) > 0 || backed(&all) > 0 {
            now += IDLE_NS;
        }
        let mut again = Vec::new();
        pool.alloc(100, |s| again.push(s.low));
        again.sort_unstable();
        again.dedup();
        assert_eq!(again.len(), 100, "none is lost or given out twice");
    }

    #[test]
    fn the_whole_usable_part_can_be_written() {
        let pool = StackPool::new(64 << 10);
        pool.alloc(2, |s| {
            let len = s.top as usize - s.low as usize;
            assert_eq!(s.top as usize % 16, 0);
            assert!(len > 40 << 10);
            // SAFETY: the pool handed the range to us alone.
            unsafe { s.low.write_bytes(0xA5, len) };
        });
    }

    #[test]
    fn a_size_that_cannot_be_reserved_is_refused() {
        assert!(!StackPool::new(1 << 50).probe());
    }
}
