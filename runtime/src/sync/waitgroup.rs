//! `WaitGroup`: wait until a number of things are done.
//!
//! Counter and waiters lie behind one spin lock; `add` and `done` touch the lock
//! only, and the queue only when the counter reaches zero. Rules and messages are
//! Go's (`sync/waitgroup.go`).

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use std::panic::Location;
use std::sync::Arc;

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
#[derive(Clone)]
pub struct WaitGroup {
    state: Arc<SpinLock<State>>,
}

struct State {
    count: isize,
    waiting: WaitQueue,
    waiters: usize,
}

impl WaitGroup {
    /// A group with nothing to wait for.
    pub fn new() -> Self {
        let state = State {
            count: 0,
            waiting: WaitQueue::new(),
            waiters: 0,
        };
        WaitGroup {
            state: Arc::new(SpinLock::new(state)),
        }
    }

    /// Adds to the counter; at zero, all who wait go on. Call it before the
    /// goroutine it counts is started, not inside of it.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`;
    /// `sync: WaitGroup misuse: Add called concurrently with Wait` when it raises
    /// the counter from zero while somebody waits.
    pub fn add(&self, n: isize) {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let before = state.count;
        let after = before.wrapping_add(n);
        let wrong = if after < 0 {
            Some("sync: negative WaitGroup counter")
        } else if state.waiters != 0 && n > 0 && before == 0 {
            Some("sync: WaitGroup misuse: Add called concurrently with Wait")
        } else {
            state.count = after;
            None
        };
        if wrong.is_none() && after == 0 {
            while let Some(waiter) = state.waiting.pop() {
                state.waiters -= 1;
                kernel::ready_published(m, waiter.g);
            }
        }
        drop(state);
        kernel::leave(m);
        if let Some(message) = wrong {
            panic!("{message}");
        }
    }

    /// One of the things is done.
    ///
    /// # Panics
    /// `sync: negative WaitGroup counter`.
    #[inline]
    pub fn done(&self) {
        self.add(-1);
    }

    /// Waits until the counter is zero.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_at(Location::caller());
    }

    pub(crate) fn wait_for_scope(&self, at: &'static Location<'static>) {
        self.wait_at(at);
    }

    fn wait_at(&self, at: &'static Location<'static>) {
        let m = kernel::enter();
        let mut state = self.state.lock();
        if state.count == 0 {
            drop(state);
            kernel::leave(m);
            return;
        }
        let waiter = Waiter::new(m, WaitReason::WaitGroupWait, at, std::ptr::null_mut());
        // SAFETY: this frame parks until `add` has popped the waiter.
        unsafe { state.waiting.push(&waiter) };
        state.waiters += 1;
        drop(state);
        kernel::leave(kernel::park_published(m));
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
    }
}

struct Done(WaitGroup);

impl Drop for Done {
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
        let m = kernel::enter_quietly();
        let count = self.state.lock().count;
        kernel::leave(m);
        write!(f, "WaitGroup({count})")
    }
}
