//! `RawMutex`: the lock itself, without a value. Everything here that excludes
//! (`Mutex`, `RwMutex`, `Once`) stands on it.
//!
//! ```text
//!   word   bit 0 LOCKED     somebody has the lock
//!          bit 1 WOKEN      a waiter is awake and competes: wake no other
//!          bit 2 STARVING   the lock is handed over in order
//!          bit 3 WAITERS    the queue is not empty (changes under the queue's lock)
//!          bit 4 LEAN       the holder gives it back by a store (`lean`); but for LOCKED
//!                           no other bit is set then
//! ```
//!
//! Taking a free lock nobody waits for is one compare-and-swap, giving it back one
//! subtraction, or a store where it leans; neither enters the runtime. The rest follows
//! Go's two modes (`internal/sync/mutex.go`), over a queue of our own.
//!
//! **Normal mode.** Who gives the lock back clears LOCKED and, if somebody waits and
//! nobody is WOKEN, wakes the first in line, which then competes. A newcomer runs
//! already and mostly wins, and that is what makes a mutex fast: a goroutine can take
//! and give back a lock many times in the time a wake-up takes. A waiter that lost
//! goes back to the front of the queue. Before it queues, a goroutine spins for a
//! moment if other Ps run; while it spins it claims WOKEN, so that nobody is woken
//! in vain.
//!
//! **Starving mode.** A waiter that wakes to find the lock taken, more than a
//! millisecond after it began to wait, sets STARVING as it goes back to the queue.
//! From then on nobody takes the lock: who gives it back hands it to the first in
//! line, with LOCKED still (again) set, and makes way for it. Newcomers do not spin;
//! they queue at the end. A waiter that is handed the lock ends the mode if it waited
//! for less than a millisecond, and who hands it to the last waiter ends it too:
//! each hand-over costs a switch, ten times a lock that is free.
//!
//! Why no wake-up is lost:
//! - A waiter sets WAITERS in the same exchange that finds LOCKED (or STARVING) set,
//!   so the subtraction that clears LOCKED comes later and sees it.
//! - WOKEN belongs to one goroutine, which clears it when it takes the lock or as it
//!   queues. In both cases somebody holds the lock at that instant and will look at
//!   the queue when giving it back.
//! - STARVING is set only while LOCKED is (or while it is set already), in one
//!   exchange, by a waiter that is in the queue before the queue's lock is free again.
//!   So whoever finds it set on giving back also finds a waiter. WOKEN is clear then:
//!   the same exchange gives it up, and nobody claims it while STARVING is set.
//!
//! - LEAN comes in one exchange with the end of LOCKED, when no other bit is set: so the
//!   queue is empty, and nobody is on the way out of it. It goes while LOCKED is clear,
//!   under the queue's lock, and WAITERS comes with that. In between nobody but the holder
//!   changes the word while it is LOCKED; who then queues is in the queue before the
//!   queue's lock is free, and the lock is asked for (`lean`).
//!
//! Neither LOCKED nor a guard knows who holds the lock: another goroutine may give
//! it back. While somebody watches (a deterministic run, the race detector) every
//! operation takes the slow way, where the hooks are.

use super::lean::Lean;
use crate::fence::fence_all_threads;
use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::loom::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::race;
use crate::sched::MRef;
use crate::sched::m::Kind;
use crate::sim::hooks;
use std::panic::Location;

const LOCKED: u32 = 1;
const WOKEN: u32 = 2;
const STARVING: u32 = 4;
const WAITERS: u32 = 8;
const LEAN: u32 = 16;

/// A waiter that waited for longer gets the lock next: 1 ms (Go's
/// `starvationThresholdNs`).
const PATIENCE_NS: u64 = 1_000_000;

/// A lock without a value, to be taken and given back by calls (Go's `sync.Mutex`
/// to the letter). [`Mutex`](super::Mutex), whose guards cannot be forgotten, is
/// what Rust code wants; this is for building primitives and for reading Go.
///
/// ```
/// use marmota::sync::RawMutex;
/// use std::sync::Arc;
/// #[marmota::main]
/// fn main() {
///     let gate = Arc::new(RawMutex::new());
///     gate.lock();
///     let theirs = gate.clone();
///     marmota::go(move || theirs.unlock()); // another goroutine may
///     gate.lock();
///     gate.unlock();
/// }
/// ```
pub struct RawMutex {
    word: AtomicU32,
    lean: Lean,
    queue: SpinLock<WaitQueue>,
    /// What holders did, for the next one; guarded by holding the lock.
    clock: race::Clock,
}

impl RawMutex {
    crate::loom::const_outside_models! {
        /// An unlocked mutex.
        pub fn new() -> Self {
            RawMutex {
                word: AtomicU32::new(0),
                lean: Lean::new(),
                queue: SpinLock::new(WaitQueue::new()),
                clock: race::Clock::new(),
            }
        }
    }

    /// Waits until the lock is free and takes it.
    #[track_caller]
    #[inline]
    pub fn lock(&self) {
        self.lock_for(WaitReason::MutexLock, Location::caller(), None);
    }

    /// As [`lock`](Self::lock); `reason` and `at` are for reports, and so is `part_of`:
    /// the lock that this one is a part of, which tells itself when it is held.
    #[inline(always)]
    pub(crate) fn lock_for(
        &self,
        reason: WaitReason,
        at: &'static Location<'static>,
        part_of: Option<*const ()>,
    ) {
        // Relaxed: the exchange decides.
        let word = self.word.load(Relaxed);
        // Acquire: pairs with the release of the one who gave it back.
        if word & !LEAN != 0
            || kernel::somebody_watches()
            || self
                .word
                .compare_exchange(word, word | LOCKED, Acquire, Relaxed)
                .is_err()
        {
            self.lock_slow(reason, at, part_of);
        }
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(
        &self,
        reason: WaitReason,
        at: &'static Location<'static>,
        part_of: Option<*const ()>,
    ) {
        let mut m = if kernel::somebody_watches() {
            kernel::point();
            kernel::enter_quietly()
        } else {
            kernel::enter()
        };
        let mut round = 0;
        // Whether WOKEN is ours, whether we were in the queue before, since when we
        // wait, and whether that is too long.
        let (mut awoke, mut again, mut since, mut starving) = (false, false, None, false);
        loop {
            // Relaxed: the exchanges decide.
            let word = self.word.load(Relaxed);
            if word & (LOCKED | STARVING) == 0 {
                let mine = if awoke { WOKEN } else { 0 };
                // Acquire: as in `lock_for`.
                if self
                    .word
                    .compare_exchange(word, (word | LOCKED) & !mine, Acquire, Relaxed)
                    .is_ok()
                {
                    self.taken(m, at, part_of);
                    return kernel::leave(m);
                }
                continue;
            }
            if word & STARVING == 0 && kernel::spin_inside(m, round) {
                round += 1;
                if !awoke && word & (WOKEN | WAITERS) == WAITERS {
                    // Relaxed: WOKEN orders nothing.
                    awoke = self
                        .word
                        .compare_exchange(word, word | WOKEN, Relaxed, Relaxed)
                        .is_ok();
                }
                continue;
            }
            if word & LEAN != 0 {
                self.lean.ask(fence_all_threads);
            }
            let first = *since.get_or_insert_with(|| kernel::now_ns(m));
            let waiter = Waiter::new(m, reason, at, std::ptr::null_mut());
            {
                let mut queue = self.queue.lock();
                if !self.join(awoke, starving) {
                    // Free by now.
                    continue;
                }
                // SAFETY: this frame parks until who gives back has popped the
                // waiter.
                unsafe {
                    if again {
                        queue.push_front(&waiter);
                    } else {
                        queue.push(&waiter);
                    }
                }
            }
            hooks::waits_on(m, part_of.unwrap_or(self.address()));
            m = kernel::park_published(m);
            let waited = kernel::now_ns(m).saturating_sub(first);
            if waiter.done.get() {
                if waited < PATIENCE_NS {
                    // Relaxed: we hold the lock, and giving it back releases.
                    self.word.fetch_and(!STARVING, Relaxed);
                }
                self.taken(m, at, part_of);
                return kernel::leave(m);
            }
            (awoke, again, round) = (true, true, 0);
            starving = waited > PATIENCE_NS;
        }
    }

    /// Says that somebody waits, under the queue's lock; `false` if the lock is
    /// free.
    fn join(&self, awoke: bool, starving: bool) -> bool {
        // Relaxed, here and below: the queue is published by its own lock.
        let mut word = self.word.load(Relaxed);
        while word & (LOCKED | STARVING) != 0 {
            if word & LEAN != 0 {
                // Without a mark: whoever gives it back sees that it is asked for. If it is
                // not any more, it has straightened up, and leans again.
                return self.lean.is_asked();
            }
            let mut new = word | WAITERS;
            if awoke {
                new &= !WOKEN;
            }
            if starving {
                new |= STARVING;
            }
            match self.word.compare_exchange(word, new, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Takes the lock if it is free at this moment (Go's `TryLock`).
    #[track_caller]
    #[inline]
    pub fn try_lock(&self) -> bool {
        self.try_lock_for(Location::caller(), None)
    }

    #[inline]
    pub(crate) fn try_lock_for(
        &self,
        at: &'static Location<'static>,
        part_of: Option<*const ()>,
    ) -> bool {
        kernel::point();
        let word = self.word.load(Relaxed);
        // Acquire: as in `lock_for`.
        let taken = word & (LOCKED | STARVING) == 0
            && self
                .word
                .compare_exchange(word, word | LOCKED, Acquire, Relaxed)
                .is_ok();
        if taken {
            race::watching(|m| self.taken(m, at, part_of));
        }
        taken
    }

    /// Gives the lock back, whoever took it.
    ///
    /// If nobody has it, the program ends with Go's
    /// `fatal error: sync: unlock of unlocked mutex`, which cannot be recovered.
    #[inline]
    pub fn unlock(&self) {
        race::point_watching(|m| self.giving_back(m));
        if let Some(asked) = self.give_back_by_store() {
            if asked {
                self.unlock_slow(LOCKED);
            }
            return;
        }
        if self.lean.counted() && self.begin_to_lean() {
            return;
        }
        // Release: the next holder sees what we wrote.
        let before = self.word.fetch_sub(LOCKED, Release);
        if before != LOCKED {
            self.unlock_slow(before);
        }
    }

    /// Gives the lock back if it leans, and tells whether it is asked for.
    #[inline(always)]
    fn give_back_by_store(&self) -> Option<bool> {
        // Relaxed: of these bits only the holder changes one.
        (self.word.load(Relaxed) == LEAN | LOCKED).then(|| {
            // Release: the next holder sees what we wrote.
            self.word.store(LEAN, Release);
            self.lean.is_asked_after_store()
        })
    }

    /// Gives the lock back and makes it lean, if nobody waits and this process can pay for the
    /// way back.
    #[cold]
    #[inline(never)]
    fn begin_to_lean(&self) -> bool {
        self.lean.count_anew();
        !kernel::somebody_watches()
            && crate::sys::fence_all_threads()
            && self
                .word
                // Release: as in `unlock`.
                .compare_exchange(LOCKED, LEAN, Release, Relaxed)
                .is_ok()
    }

    /// The lock, which leaned when it was given back, is asked for: it is one of exchanges
    /// again. Under the queue's lock.
    fn straighten_up(&self, queue: &WaitQueue) {
        let waiters = if queue.is_empty() { 0 } else { WAITERS };
        // Relaxed, both: the lock was given back by a release, which this follows. If somebody
        // has taken it, or done this, the rest is theirs.
        if self
            .word
            .compare_exchange(LEAN, waiters, Relaxed, Relaxed)
            .is_ok()
        {
            self.lean.straightened();
        }
    }

    #[cold]
    #[inline(never)]
    fn unlock_slow(&self, before: u32) {
        self.check_locked(before);
        self.lean.count_anew();
        if !self.is_wanted() {
            return;
        }
        let m = kernel::enter_quietly();
        let handed_over = self.serve(m);
        // Making way (Go's `handoff`): the lock's new holder is next in line here,
        // and would otherwise wait with it until we stop.
        let make_way = handed_over
            && m.kind.get() == Kind::Parallel
            && m.g.get().is_some()
            && !std::thread::panicking();
        kernel::leave(if make_way { kernel::yield_inside(m) } else { m });
    }

    /// Gives the lock back from inside the runtime, by a goroutine that has
    /// published itself elsewhere and parks next.
    pub(crate) fn unlock_inside(&self, m: MRef) {
        self.giving_back(m);
        if let Some(asked) = self.give_back_by_store() {
            if asked {
                self.serve(m);
            }
            return;
        }
        // Release: as in `unlock`.
        let before = self.word.fetch_sub(LOCKED, Release);
        if before != LOCKED {
            self.check_locked(before);
            self.serve(m);
        }
    }

    fn check_locked(&self, before: u32) {
        if before & LOCKED == 0 {
            crate::fatal::fatal_here(format_args!("sync: unlock of unlocked mutex"));
        }
    }

    /// Whether the lock, which was free a moment ago, is owed to a waiter, or may be: it
    /// leans, and those who wait have left no mark.
    fn is_wanted(&self) -> bool {
        // Relaxed: our own change or later. A later holder sees to the rest.
        let word = self.word.load(Relaxed);
        word == LEAN || word & (WAITERS | LOCKED | WOKEN) == WAITERS
    }

    /// Wakes the first waiter, or hands the lock over to it (`true`).
    fn serve(&self, m: MRef) -> bool {
        let mut queue = self.queue.lock();
        self.straighten_up(&queue);
        // Relaxed: as there. Not `is_wanted`: if the lock leans by now, somebody took it in
        // between and has given it back by a store, and comes here as well.
        if self.word.load(Relaxed) & (WAITERS | LOCKED | WOKEN) != WAITERS {
            return false;
        }
        let Some(first) = queue.pop() else {
            return false;
        };
        let last = queue.is_empty();
        let gone = if last { WAITERS } else { 0 };
        // Under the queue's lock and with a waiter popped, STARVING can neither
        // come (LOCKED is clear, or is taken by one who served nobody yet) nor go.
        let mut word = self.word.load(Relaxed);
        debug_assert_eq!(
            word & LEAN,
            0,
            "a lock that leans has marks of those who wait"
        );
        let handed_over = loop {
            let starving = word & (STARVING | LOCKED) == STARVING;
            let new = match starving {
                true => (word | LOCKED) & !gone & if last { !STARVING } else { !0 },
                false => (word | WOKEN) & !gone,
            };
            // Release: a lock that is handed over keeps what was written before. Acquire: by
            // others too, who took it and gave it back before we came here.
            match self.word.compare_exchange(word, new, AcqRel, Relaxed) {
                Ok(_) => break starving,
                Err(now) => word = now,
            }
        };
        first.done.set(handed_over);
        drop(queue);
        kernel::ready_published(m, first.g);
        handed_over
    }

    /// Whether somebody has it at this moment: for reports.
    pub(crate) fn is_locked(&self) -> bool {
        self.word.load(Relaxed) & LOCKED != 0
    }

    /// For tests: whether it is given back by a store.
    #[doc(hidden)]
    pub fn leans(&self) -> bool {
        self.word.load(Relaxed) & LEAN != 0
    }

    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// The current goroutine has taken the lock.
    #[inline]
    fn taken(&self, m: MRef, at: &'static Location<'static>, part_of: Option<*const ()>) {
        race::acquire(m, &self.clock);
        if part_of.is_none() {
            hooks::took(m, self.address(), "lock", "mutex", at);
        }
    }

    /// The current goroutine is about to give the lock back.
    #[inline]
    fn giving_back(&self, m: MRef) {
        race::release(m, &self.clock);
        hooks::gave(m, self.address(), "unlock");
    }
}

impl Default for RawMutex {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = if self.is_locked() {
            "locked"
        } else {
            "unlocked"
        };
        write!(f, "RawMutex({state})")
    }
}
