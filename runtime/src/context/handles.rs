//! The handles that end a context, or keep something from happening when it ends.

use super::cancel::{Core, Hook};
use super::{Cause, ContextError};
use std::fmt;
use std::sync::Arc;

/// Ends a context made by [`with_cancel`](super::with_cancel) or with a deadline. Its
/// clones end the same one. Dropping it ends nothing, as in Go.
#[derive(Clone)]
#[must_use = "a context that is never cancelled stays known to its parent; call cancel(), or keep on_drop()'s guard"]
pub struct Cancel {
    core: Arc<Core>,
}

impl Cancel {
    pub(super) fn new(core: Arc<Core>) -> Self {
        Cancel { core }
    }

    /// Ends the context and all its descendants, which have ended when this returns.
    /// Nothing happens if it has ended already.
    pub fn cancel(&self) {
        self.core.end(ContextError::Canceled, None);
    }

    /// A guard that cancels when it is dropped (Go's `defer cancel()`).
    ///
    /// ```
    /// use marmota::context;
    /// #[marmota::main]
    /// fn main() {
    ///     let (ctx, cancel) = context::with_cancel(&context::background());
    ///     {
    ///         let _guard = cancel.on_drop();
    ///     }
    ///     assert!(ctx.err().is_some());
    /// }
    /// ```
    pub fn on_drop(self) -> CancelGuard {
        CancelGuard { cancel: self }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").finish_non_exhaustive()
    }
}

/// Cancels when it is dropped; see [`Cancel::on_drop`].
#[must_use = "the context is cancelled when the guard is dropped"]
#[derive(Debug)]
pub struct CancelGuard {
    cancel: Cancel,
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Ends a context made by [`with_cancel_cause`](super::with_cancel_cause), and says
/// why. Its clones end the same one; the first counts.
#[derive(Clone)]
#[must_use = "a context that is never cancelled stays known to its parent; call cancel()"]
pub struct CancelCause {
    core: Arc<Core>,
}

impl CancelCause {
    pub(super) fn new(core: Arc<Core>) -> Self {
        CancelCause { core }
    }

    /// Ends the context and all its descendants for this reason: any error, or a text.
    pub fn cancel(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) {
        self.cancel_shared(Arc::from(cause.into()));
    }

    /// As [`cancel`](Self::cancel), for a reason that is shared already.
    pub fn cancel_shared(&self, cause: Cause) {
        self.core.end(ContextError::Canceled, Some(cause));
    }

    /// Ends it without a reason of its own (Go's `cancel(nil)`): the cause is
    /// [`ContextError::Canceled`].
    pub fn cancel_without_cause(&self) {
        self.core.end(ContextError::Canceled, None);
    }
}

impl fmt::Debug for CancelCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelCause").finish_non_exhaustive()
    }
}

/// Keeps what [`after_func`](super::after_func) was given from being run.
pub struct Stop {
    hook: Arc<Hook>,
}

impl Stop {
    pub(super) fn new(hook: Arc<Hook>) -> Self {
        Stop { hook }
    }

    /// `true` when the function had not been started, and now never will be; `false`
    /// when it has been started, or was stopped before. Does not wait for it.
    pub fn stop(&self) -> bool {
        self.hook.remove()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}
