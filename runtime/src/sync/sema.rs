//! Permits that are given and taken, first come, first served: what Go's runtime
//! calls a semaphore. `RwMutex` parks its readers and writers here.
//!
//! A permit may be given before its taker arrives. Nothing else is decided here:
//! whoever uses it counts in atomics of its own, and comes here to wait or to wake.

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) struct Sema {
    state: SpinLock<State>,
}

struct State {
    permits: u32,
    waiting: WaitQueue,
}

impl Sema {
    pub(crate) const fn new() -> Self {
        Sema {
            state: SpinLock::new(State {
                permits: 0,
                waiting: WaitQueue::new(),
            }),
        }
    }

    /// Takes a permit, waiting for one if there is none. `holder` is the goroutine
    /// that it waits for, for reports; 0 if that is not known.
    pub(crate) fn acquire(&self, reason: WaitReason, at: &'static Location<'static>, holder: u64) {
        let m = kernel::enter_quietly();
        let mut state = self.state.lock();
        if state.permits > 0 {
            state.permits -= 1;
            drop(state);
            return kernel::leave(m);
        }
        let waiter = Waiter::new(m, reason, at, std::ptr::null_mut());
        // SAFETY: this frame parks until `release` has popped the waiter.
        unsafe { state.waiting.push(&waiter) };
        let g = waiter.g;
        // Relaxed: for reports.
        g.waits_for.store(holder, Relaxed);
        drop(state);
        let m = kernel::park_published(m);
        g.waits_for.store(0, Relaxed);
        kernel::leave(m);
    }

    /// Gives `n` permits.
    pub(crate) fn release(&self, n: u32) {
        let m = kernel::enter_quietly();
        let mut state = self.state.lock();
        for given in 0..n {
            let Some(waiter) = state.waiting.pop() else {
                state.permits += n - given;
                break;
            };
            kernel::ready_published(m, waiter.g);
        }
        drop(state);
        kernel::leave(m);
    }
}
