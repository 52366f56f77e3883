//! `WaitGroup`: wait until a number of things are done.
//!
//! Counter and number of waiters share one word, so that `add` and `done` are one
//! atomic addition, and tell from its result whether there is anybody to wake. Only
//! then, and in `wait`, the queue's lock is taken.
//!
//! ```text
//!   word   high half: counter, as a signed number   low half: how many wait
//! ```
//!
//! A waiter counts itself in, under the lock, by an exchange that finds the counter
//! above zero; the addition that brings it to zero therefore comes later and sees the
//! waiter. It takes the lock, sets the word to zero and wakes the whole queue: all
//! who were counted in. Rules and messages are Go's (`sync/waitgroup.go`).

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::race;
use crate::sched::MRef;
use crate::sim::hooks;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

/// Waits until as many `done` as `add` were called (Go's `sync.WaitGroup`). A
/// handle: its clones are the same group.
///
/// ```
/// use marmota::sync::WaitGroup;
/// #[marmota::main]
/// fn main() {
///     let group = WaitGroup::new();
///     for i in 0..3 {
///         group.go(move || println!("worker {i}"));
///     }
///     group.wait();
/// }
/// ```
///
/// It may be used again once the counter is back at zero.
#[derive(Clone)]
pub struct WaitGroup {
    shared: Arc<Shared>,
}

struct Shared {
    word: AtomicU64,
    waiting: SpinLock<WaitQueue>,
    /// What was done before each `done`, for those who wait.
    clock: race::Shared,
}

fn counter(word: u64) -> i32 {
    (word >> 32) as i32
}

fn waiters(word: u64) -> u32 {
    word as u32
}

impl WaitGroup {
    /// A group with nothing to wait for.
    pub fn new() -> Self {
        WaitGroup {
            shared: Arc::new(Shared {
                word: AtomicU64::new(0),
                waiting: SpinLock::new(WaitQueue::new()),
                clock: race::Shared::new(),
            }),
        }
    }

    /// Adds to the counter, which has 32 bits; at zero, all who wait go on. Call it
    /// before the goroutine it counts is started, not inside of it.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`;
    /// `sync: WaitGroup misuse: Add called concurrently with Wait` when it raises
    /// the counter from zero while somebody waits.
    #[inline]
    #[track_caller]
    pub fn add(&self, n: isize) {
        let at = Location::caller();
        race::point_watching(|m| self.shared.noted(m, n, at));
        let n = i32::try_from(n).expect("sync: WaitGroup counter out of range");
        // AcqRel: what was done before a `done` is seen by whoever `wait` releases.
        let before = self.shared.word.fetch_add((n as u64) << 32, AcqRel);
        let after = before.wrapping_add((n as u64) << 32);
        if counter(after) <= 0 || (waiters(after) != 0 && counter(after) == n) {
            self.shared.add_slow(n, after);
        }
    }

    /// One of the things is done.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`.
    #[inline]
    #[track_caller]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Waits until the counter is zero.
    #[track_caller]
    pub fn wait(&self) {
        self.shared.wait(Location::caller());
    }

    pub(crate) fn wait_for_scope(&self, at: &'static Location<'static>) {
        self.shared.wait(at);
    }

    /// Starts a goroutine that counts (Go 1.25's `WaitGroup.Go`): `add(1)` before
    /// it starts, `done` when it ends, also by a panic that is then nobody's to
    /// recover.
    ///
    /// # Panics
    /// As [`crate::go`].
    #[track_caller]
    pub fn go<F: FnOnce() + Send + 'static>(&self, f: F) {
        self.add(1);
        let done = Done(self.clone());
        crate::go(move || {
            let _done = done;
            f();
        });
        self.owed_by_the_last(Location::caller());
    }

    /// For reports: whoever waits waits for the goroutine just started.
    pub(crate) fn owed_by_the_last(&self, at: &'static Location<'static>) {
        race::watching(|m| hooks::last_started_owes(m, self.shared.address(), "done", at));
    }
}

impl Shared {
    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// The current goroutine is about to add `n`, for reports and races.
    fn noted(&self, m: MRef, n: isize, at: &'static Location<'static>) {
        if n < 0 {
            self.clock.release(m);
            hooks::gave(m, self.address(), "done");
        } else {
            hooks::note(m, "add", self.address(), Some(at));
        }
    }

    /// The counter is at zero or below, or was raised from zero beside a waiter.
    #[track_caller]
    fn add_slow(&self, n: i32, after: u64) {
        assert!(counter(after) >= 0, "sync: negative WaitGroup counter");
        if waiters(after) == 0 {
            return;
        }
        assert!(counter(after) == 0, "{MISUSE}");
        // A choice point: an `add` that comes in here is the misuse.
        let m = kernel::enter();
        let mut waiting = self.waiting.lock();
        // AcqRel: as in `add`. Nobody may touch it between the addition that
        // reached zero and this; a `wait` that comes now sees zero and leaves.
        let unchanged = self
            .word
            .compare_exchange(after, 0, AcqRel, Relaxed)
            .is_ok();
        if unchanged {
            while let Some(waiter) = waiting.pop() {
                kernel::ready_published(m, waiter.g);
            }
        }
        drop(waiting);
        kernel::leave(m);
        assert!(unchanged || n == 0, "{MISUSE}");
    }

    fn wait(&self, at: &'static Location<'static>) {
        self.wait_for_zero(at);
        race::watching(|m| self.clock.acquire(m));
    }

    fn wait_for_zero(&self, at: &'static Location<'static>) {
        kernel::point();
        // Acquire: pairs with the additions that led to zero.
        let mut word = self.word.load(Acquire);
        if counter(word) == 0 {
            return;
        }
        let m = kernel::enter_quietly();
        let mut waiting = self.waiting.lock();
        loop {
            if counter(word) == 0 {
                drop(waiting);
                return kernel::leave(m);
            }
            // Acquire, also on failure: as above.
            match self.word.compare_exchange(word, word + 1, Acquire, Acquire) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        let waiter = Waiter::new(m, WaitReason::WaitGroupWait, at, std::ptr::null_mut());
        // SAFETY: this frame parks until `add_slow` has popped the waiter.
        unsafe { waiting.push(&waiter) };
        drop(waiting);
        hooks::waits_on(m, self.address());
        kernel::leave(kernel::park_published(m));
    }
}

const MISUSE: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";

struct Done(WaitGroup);

impl Drop for Done {
    #[inline]
    fn drop(&mut self) {
        self.0.done();
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.shared.word.load(Relaxed);
        write!(f, "WaitGroup({})", counter(word))
    }
}
