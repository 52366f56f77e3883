//! Permits that are given and taken, first come, first served: what Go's runtime
//! calls a semaphore. `RwMutex` parks its readers and writers here.
//!
//! A permit may be given before its taker arrives. Nothing else is decided here:
//! whoever uses it counts in atomics of its own, and comes here to wait or to wake.

use crate::kernel::{self, WaitQueue, WaitReason, Waiter};
use crate::lock::SpinLock;
use crate::sim::hooks;
use std::panic::Location;

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

    /// Takes a permit, waiting for one if there is none. `object` is what
    /// it waits for, for reports.
    pub(crate) fn acquire(
        &self,
        reason: WaitReason,
        at: &'static Location<'static>,
        object: *const (),
    ) {
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
        drop(state);
        hooks::waits_on(m, object);
        kernel::leave(kernel::park_published(m));
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

    /// Takes all permits that nobody waits for.
    pub(crate) fn forget_permits(&self) {
        let m = kernel::enter_quietly();
        self.state.lock().permits = 0;
        kernel::leave(m);
    }
}
