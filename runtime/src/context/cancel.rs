//! The tree in which an end spreads.
//!
//! A core has ended when `err` is set. That happens once, under the core's lock, in
//! this order: `err` is set, the channel is closed, `CLOSED` is set. A reader of `err`
//! that comes between the first and the last waits for the lock, so whoever sees an
//! error finds the channel closed. Only then the core's children are ended, and theirs,
//! from a list: never by recursion, and never with a parent's lock held, so no order of
//! locks has to be kept.
//!
//! Who keeps whom alive: a core its children (they are to be ended even if nobody but
//! a receiver of their channel is left), a child its parent not (`Weak`): when nobody
//! can end the parent any more, nobody can end the child through it. A child that ends
//! leaves its parent. It finds itself there by its `slot`, the index that its parent's
//! lock guards; the last child takes the place that becomes free.

use super::{Cause, Context, ContextError};
use crate::chan::{Chan, Receiver};
use crate::kernel::{self, Timer};
use crate::race;
use crate::sync::Mutex;
use std::panic::Location;
use std::sync::atomic::{
    AtomicU8, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Weak};

/// `Core::err`: 0, or one of these, and `CLOSED` once `done` is.
const CANCELED: u8 = 1;
const DEADLINE: u8 = 2;
const CLOSED: u8 = 4;

/// `slot` of a child that has no parent.
const NOWHERE: usize = usize::MAX;

pub(crate) struct Core {
    err: AtomicU8,
    /// What was done before the end, for those who ask `err`.
    clock: race::Shared,
    state: Mutex<State>,
    parent: Weak<Core>,
    slot: AtomicUsize,
    /// Of a context with a deadline; see `deadline.rs`.
    pub(super) timer: Timer,
    pub(super) alarm: Option<Alarm>,
}

/// What is known beforehand about an end by time.
pub(super) struct Alarm {
    pub(super) cause: Option<Cause>,
    /// Who set it, and where: in their name the goroutine that ends the core starts.
    pub(super) by: u64,
    pub(super) at: &'static Location<'static>,
}

// SAFETY: the timer is started once, under the lock, before anybody can stop it; all
// else is safe to share.
unsafe impl Sync for Core {}
// SAFETY: as above.
unsafe impl Send for Core {}

#[derive(Default)]
struct State {
    done: Option<Chan<()>>,
    cause: Option<Cause>,
    children: Vec<Child>,
    /// The heap of timers holds a count of this core.
    armed: bool,
}

/// Who is told when a core ends.
#[derive(Clone)]
enum Child {
    Core(Arc<Core>),
    Hook(Arc<Hook>),
}

impl Child {
    fn slot(&self) -> &AtomicUsize {
        match self {
            Child::Core(core) => &core.slot,
            Child::Hook(hook) => &hook.slot,
        }
    }

    fn is(&self, other: &Child) -> bool {
        std::ptr::eq(self.slot(), other.slot())
    }
}

/// Something that is called once, if a context ends before it is removed.
pub(crate) struct Hook {
    call: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    parent: Weak<Core>,
    slot: AtomicUsize,
}

/// Calls `call` when `context` ends: on the goroutine that ends it, or here and now if
/// it has ended. `call` must not wait for long.
pub(crate) fn on_end(context: &Context, call: Box<dyn FnOnce() + Send>) -> Arc<Hook> {
    let core = context.core();
    let hook = Arc::new(Hook {
        call: Mutex::new(Some(call)),
        parent: core.map_or(Weak::new(), Arc::downgrade),
        slot: AtomicUsize::new(NOWHERE),
    });
    if let Some(core) = core
        && core.adopt(&Child::Hook(hook.clone())).is_err()
    {
        hook.run();
    }
    hook
}

impl Hook {
    fn run(&self) {
        let call = self.call.lock().take();
        if let Some(call) = call {
            call();
        }
    }

    /// `true` when it had not been called, and now never will be.
    pub(crate) fn remove(self: &Arc<Self>) -> bool {
        let call = self.call.lock().take();
        let stopped = call.is_some();
        if stopped && let Some(core) = self.parent.upgrade() {
            core.leave(&Child::Hook(self.clone()));
        }
        stopped
    }
}

impl Core {
    /// A core that ends with `parent`; it has ended if `parent` has.
    pub(super) fn under(parent: Option<&Arc<Core>>, alarm: Option<Alarm>) -> Arc<Core> {
        let core = Arc::new(Core {
            err: AtomicU8::new(0),
            clock: race::Shared::new(),
            state: Mutex::new(State::default()),
            parent: parent.map_or(Weak::new(), Arc::downgrade),
            slot: AtomicUsize::new(NOWHERE),
            timer: Timer::new(),
            alarm,
        });
        if let Some(parent) = parent
            && let Err((err, cause)) = parent.adopt(&Child::Core(core.clone()))
        {
            core.end(err, Some(cause));
        }
        core
    }

    pub(super) fn err(&self) -> Option<ContextError> {
        kernel::point();
        // Acquire: pairs with the releases in `end_alone`.
        let err = self.err.load(Acquire);
        if err != 0 && err & CLOSED == 0 {
            // Being ended at this moment: `done` is closed when the lock is free.
            drop(self.state.lock());
        }
        if err != 0 {
            race::watching(|m| self.clock.acquire(m));
        }
        decode(err)
    }

    pub(super) fn done(&self) -> Receiver<()> {
        let mut state = self.state.lock();
        let ended = self.err.load(Relaxed) != 0;
        let done = state.done.get_or_insert_with(|| {
            let done = Chan::new(0);
            if ended {
                done.close();
            }
            done
        });
        done.receiver()
    }

    pub(super) fn cause(&self) -> Option<Cause> {
        // Under the lock nobody is in the middle of ending it.
        let state = self.state.lock();
        let err = decode(self.err.load(Relaxed))?;
        Some(state.cause.clone().unwrap_or_else(|| Arc::new(err)))
    }

    /// Takes a child; if this core has ended: why, for the child to end too.
    fn adopt(&self, child: &Child) -> Result<(), (ContextError, Cause)> {
        let mut state = self.state.lock();
        match decode(self.err.load(Relaxed)) {
            None => {
                // Relaxed: under the lock.
                child.slot().store(state.children.len(), Relaxed);
                state.children.push(child.clone());
                Ok(())
            }
            Some(err) => {
                let cause = state.cause.clone();
                Err((err, cause.unwrap_or_else(|| Arc::new(err))))
            }
        }
    }

    /// Gives a child up; nothing if it is not here any more.
    fn leave(&self, child: &Child) {
        let left = {
            let mut state = self.state.lock();
            let slot = child.slot().load(Relaxed);
            let here = state.children.get(slot).is_some_and(|c| c.is(child));
            here.then(|| {
                let left = state.children.swap_remove(slot);
                if let Some(moved) = state.children.get(slot) {
                    moved.slot().store(slot, Relaxed);
                }
                if state.children.len() * 4 < state.children.capacity() {
                    let room = state.children.len() * 2;
                    state.children.shrink_to(room);
                }
                left
            })
        };
        drop(left);
    }

    /// Ends this core and all below it, if it has not ended, and leaves its parent.
    pub(super) fn end(self: &Arc<Self>, err: ContextError, cause: Option<Cause>) {
        let Some((mut below, cause)) = self.end_alone(err, cause) else {
            return;
        };
        if let Some(parent) = self.parent.upgrade() {
            parent.leave(&Child::Core(self.clone()));
        }
        // Those that stand first in a parent's list end first.
        below.reverse();
        while let Some(child) = below.pop() {
            match child {
                Child::Hook(hook) => hook.run(),
                Child::Core(core) => {
                    if let Some((more, _)) = core.end_alone(err, Some(cause.clone())) {
                        below.extend(more.into_iter().rev());
                    }
                }
            }
        }
    }

    /// Ends this core; its children are the caller's to end, for the same cause.
    fn end_alone(
        self: &Arc<Self>,
        err: ContextError,
        cause: Option<Cause>,
    ) -> Option<(Vec<Child>, Cause)> {
        let mut state = self.state.lock();
        if self.err.load(Relaxed) != 0 {
            return None;
        }
        let cause = cause.unwrap_or_else(|| Arc::new(err));
        state.cause = Some(cause.clone());
        let code = encode(err);
        race::watching(|m| self.clock.release(m));
        // Release: pairs with the acquire in `err`.
        self.err.store(code, Release);
        if let Some(done) = &state.done {
            done.close();
        }
        self.err.store(code | CLOSED, Release);
        let children = std::mem::take(&mut state.children);
        let armed = std::mem::take(&mut state.armed);
        drop(state);
        if armed {
            self.disarm();
        }
        Some((children, cause))
    }

    /// Runs `arm` if the core has not ended, under its lock; `arm` gives a count of
    /// the core to the heap of timers.
    pub(super) fn arm(&self, arm: impl FnOnce()) {
        let mut state = self.state.lock();
        if self.err.load(Relaxed) == 0 {
            arm();
            state.armed = true;
        }
    }

    fn disarm(self: &Arc<Self>) {
        let m = kernel::enter_quietly();
        let stopped = self.timer.stop(m);
        kernel::leave(m);
        if stopped {
            // SAFETY: the count that `arm` gave to the heap; the timer will not fire,
            // so nobody else takes it.
            unsafe { Arc::decrement_strong_count(Arc::as_ptr(self)) };
        }
    }

    /// How many children it has.
    #[cfg(test)]
    #[cfg(test)]
    #[allow(dead_code, reason = "the tests of leaks count them")]
    pub(super) fn children(&self) -> usize {
        self.state.lock().children.len()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // One after the other: a deep tree would overflow the stack.
        let mut below = std::mem::take(&mut self.state.get_mut().children);
        while let Some(child) = below.pop() {
            if let Child::Core(core) = child
                && let Some(mut core) = Arc::into_inner(core)
            {
                below.append(&mut core.state.get_mut().children);
            }
        }
    }
}

fn encode(err: ContextError) -> u8 {
    match err {
        ContextError::Canceled => CANCELED,
        ContextError::DeadlineExceeded => DEADLINE,
    }
}

fn decode(err: u8) -> Option<ContextError> {
    match err & !CLOSED {
        0 => None,
        CANCELED => Some(ContextError::Canceled),
        _ => Some(ContextError::DeadlineExceeded),
    }
}
