//! `Once`, `once_func`, `once_value`: run something one time.
//!
//! A flag that is set after the function has returned, and a lock that is held while
//! it runs: whoever does not find the flag takes the lock, and so waits for the one
//! who runs it. Testing the flag with a compare-and-swap instead would let the losers
//! return before the function has (Go's `sync/once.go` warns of the same). A panic
//! sets the flag too: the function was run.

use super::again::Again;
use super::raw::RawMutex;
use crate::kernel;
use crate::race;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};

/// Runs the first function it is given, and no other (Go's `sync.Once`).
///
/// ```
/// use marmota::sync::{Once, WaitGroup};
/// use std::sync::Arc;
/// #[marmota::main]
/// fn main() {
///     let (once, group) = (Arc::new(Once::new()), WaitGroup::new());
///     for _ in 0..10 {
///         let once = once.clone();
///         group.go(move || once.call_once(|| println!("printed one time")));
///     }
///     group.wait();
///     assert!(once.is_completed());
/// }
/// ```
pub struct Once {
    done: AtomicBool,
    lock: RawMutex,
    /// What the function did.
    clock: race::Shared,
}

impl Once {
    /// One that has run nothing yet.
    pub const fn new() -> Self {
        Once {
            done: AtomicBool::new(false),
            lock: RawMutex::new(),
            clock: race::Shared::new(),
        }
    }

    /// Runs `f` if nothing was run here before; else waits until what was run has
    /// returned. If `f` panics it counts as done all the same.
    ///
    /// Calling it from within `f` waits for ever, as in Go.
    #[track_caller]
    #[inline]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        kernel::point();
        // Acquire: pairs with the release in `Running`: the function comes before
        // every return.
        if !self.done.load(Acquire) {
            self.call_slow(f);
        }
        race::watching(|m| self.clock.acquire(m));
    }

    #[track_caller]
    #[cold]
    fn call_slow<F: FnOnce()>(&self, f: F) {
        self.lock.lock();
        let running = Running(self);
        if !self.done.load(Acquire) {
            f();
        }
        drop(running);
    }

    /// Whether a function has been run and has returned, or panicked.
    pub fn is_completed(&self) -> bool {
        kernel::point();
        // Acquire: as in `call_once`.
        let done = self.done.load(Acquire);
        if done {
            race::watching(|m| self.clock.acquire(m));
        }
        done
    }
}

/// Sets the flag and gives the lock back, also when the function unwinds.
struct Running<'a>(&'a Once);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        race::watching(|m| self.0.clock.release(m));
        // Release: pairs with the acquires above.
        self.0.done.store(true, Release);
        self.0.lock.unlock();
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let done = self.done.load(Acquire);
        f.debug_struct("Once").field("completed", &done).finish()
    }
}

/// A function that runs `f` the first time it is called (Go's `sync.OnceFunc`). If
/// `f` panics, every call panics with the same text.
///
/// ```
/// let hello = marmota::sync::once_func(|| println!("hello, once"));
/// hello();
/// hello();
/// ```
///
/// # Panics
/// The function panics as `f` did: the first caller gets the very payload, the others
/// a copy of its text.
pub fn once_func<F: FnOnce() + Send>(f: F) -> impl Fn() + Send + Sync {
    let cell = Lazy::new(f);
    move || {
        cell.get();
    }
}

/// A function that runs `f` the first time it is called and gives its value every
/// time (Go's `sync.OnceValue`). If `f` panics, every call panics with the same text.
///
/// ```
/// let config = marmota::sync::once_value(|| vec![1, 2, 3]);
/// assert_eq!(config(), config());
/// ```
///
/// # Panics
/// As [`once_func`].
pub fn once_value<T, F>(f: F) -> impl Fn() -> T + Send + Sync
where
    T: Clone + Send + Sync,
    F: FnOnce() -> T + Send,
{
    let cell = Lazy::new(f);
    move || cell.get().clone()
}

/// A function, and what became of it.
struct Lazy<T, F> {
    once: Once,
    function: UnsafeCell<Option<F>>,
    outcome: UnsafeCell<Option<Result<T, Again>>>,
}

// SAFETY: the cells are written by the one who runs the function, inside `call_once`,
// and after that `outcome` is only read; T is then shared between goroutines.
unsafe impl<T: Send + Sync, F: Send> Sync for Lazy<T, F> {}

impl<T, F: FnOnce() -> T> Lazy<T, F> {
    fn new(f: F) -> Self {
        Lazy {
            once: Once::new(),
            function: UnsafeCell::new(Some(f)),
            outcome: UnsafeCell::new(None),
        }
    }

    #[track_caller]
    fn get(&self) -> &T {
        let mut first = None;
        self.once.call_once(|| {
            // SAFETY: only one goroutine gets here, once, and nobody reads before.
            let (function, outcome) =
                unsafe { (&mut *self.function.get(), &mut *self.outcome.get()) };
            if let Some(f) = function.take() {
                *outcome = Some(catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
                    let again = Again::of(&*payload);
                    first = Some(payload);
                    again
                }));
            }
        });
        if let Some(payload) = first {
            resume_unwind(payload);
        }
        // SAFETY: `call_once` has returned, so it is written for good.
        match unsafe { &*self.outcome.get() } {
            Some(Ok(value)) => value,
            Some(Err(again)) => resume_unwind(again.payload()),
            None => unreachable!("call_once has returned"),
        }
    }
}
