//! `errgroup`: goroutines that work on one task, of which the first error counts
//! (Go's `golang.org/x/sync/errgroup`).
//!
//! A wait group, a place for the first error, and the context that this error cancels.
//! A limit is a number of goroutines that may be active; who would exceed it waits on a
//! condition.

use super::{Cond, Mutex, WaitGroup};
use crate::context::{self, CancelCause, Cause, Context};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Goroutines that work on one task. A handle: its clones are the same group, so that a
/// goroutine of the group can start others.
///
/// ```
/// use marmota::{context, sync::errgroup::Group};
/// #[marmota::main]
/// fn main() {
///     let (group, ctx) = Group::with_context(&context::background());
///     group.go(|| -> Result<(), std::num::ParseIntError> {
///         "not a number".parse::<u8>()?;
///         Ok(())
///     });
///     group.go(move || {
///         ctx.done().recv(); // the other's error ends the context
///         Ok::<_, std::fmt::Error>(())
///     });
///     let err = group.wait().unwrap_err();
///     assert_eq!(err.to_string(), "invalid digit found in string");
/// }
/// ```
#[derive(Clone)]
pub struct Group {
    shared: Arc<Shared>,
}

struct Shared {
    running: WaitGroup,
    first: Mutex<Option<Cause>>,
    cancel: Option<CancelCause>,
    slots: Mutex<Slots>,
    freed: Cond,
}

struct Slots {
    limit: Option<usize>,
    active: usize,
}

impl Slots {
    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.active >= limit)
    }
}

impl Group {
    /// A group without a context and without a limit.
    pub fn new() -> Self {
        Self::build(None)
    }

    /// A group with a context under `parent`, which ends when a goroutine of the group
    /// fails (with its error as the cause) or when `wait` returns.
    pub fn with_context(parent: &Context) -> (Self, Context) {
        let (context, cancel) = context::with_cancel_cause(parent);
        (Self::build(Some(cancel)), context)
    }

    fn build(cancel: Option<CancelCause>) -> Self {
        Group {
            shared: Arc::new(Shared {
                running: WaitGroup::new(),
                first: Mutex::new(None),
                cancel,
                slots: Mutex::new(Slots {
                    limit: None,
                    active: 0,
                }),
                freed: Cond::new(),
            }),
        }
    }

    /// At most this many goroutines at a time from now on; `None` for no limit. A limit
    /// of 0 lets none start.
    ///
    /// # Panics
    /// `errgroup: modify limit while N goroutines in the group are still active`.
    #[track_caller]
    pub fn set_limit(&self, limit: Option<usize>) {
        let mut slots = self.shared.slots.lock();
        let active = slots.active;
        if active == 0 {
            slots.limit = limit;
        }
        drop(slots);
        assert!(
            active == 0,
            "errgroup: modify limit while {active} goroutines in the group are still active"
        );
    }

    /// Starts a goroutine of the group, waiting first until the limit allows it. What
    /// it returns as an error can be an error of any type, or a text.
    ///
    /// # Panics
    /// As [`crate::go`].
    #[track_caller]
    pub fn go<F, E>(&self, f: F)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        {
            let mut slots = self.shared.slots.lock();
            while slots.is_full() {
                self.shared.freed.wait(&mut slots);
            }
            slots.active += 1;
        }
        self.start(f);
    }

    /// Starts a goroutine of the group if the limit allows it now, and tells whether it
    /// did.
    ///
    /// # Panics
    /// As [`crate::go`].
    #[track_caller]
    pub fn try_go<F, E>(&self, f: F) -> bool
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        {
            let mut slots = self.shared.slots.lock();
            if slots.is_full() {
                return false;
            }
            slots.active += 1;
        }
        self.start(f);
        true
    }

    #[track_caller]
    fn start<F, E>(&self, f: F)
    where
        F: FnOnce() -> Result<(), E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.shared.running.add(1);
        let active = Active(self.shared.clone());
        crate::go(move || {
            // Given back also when `f` unwinds.
            let active = active;
            if let Err(err) = f() {
                active.0.failed(Arc::from(err.into()));
            }
        });
    }

    /// Waits until all goroutines of the group have returned, and ends its context.
    ///
    /// # Errors
    /// The first error that one of them returned.
    #[track_caller]
    pub fn wait(&self) -> Result<(), Cause> {
        self.shared.running.wait();
        let first = self.shared.first.lock().clone();
        if let Some(cancel) = &self.shared.cancel {
            match &first {
                Some(err) => cancel.cancel_shared(err.clone()),
                None => cancel.cancel_without_cause(),
            }
        }
        first.map_or(Ok(()), Err)
    }
}

impl Shared {
    fn failed(&self, err: Cause) {
        {
            let mut first = self.first.lock();
            if first.is_some() {
                return;
            }
            *first = Some(err.clone());
        }
        if let Some(cancel) = &self.cancel {
            cancel.cancel_shared(err);
        }
    }
}

/// A place among the active goroutines.
struct Active(Arc<Shared>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.slots.lock().active -= 1;
        self.0.freed.signal();
        self.0.running.done();
    }
}

impl Default for Group {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}
