//! Exercise 4: the first error cancels the others.
//!
//! Several goroutines work on one task. If one of them fails the task has failed, and what
//! the others still do is done for nothing. So they share a context, which ends with the
//! first error. You write what `marmota::sync::errgroup` has; not allowed: to use it.

use std::marker::PhantomData;

use marmota::context::Context;

/// Goroutines that work on one task, of which the first error counts. A clone is the same
/// group.
///
/// Graded: see the methods; which error is the first; that the context ends when it says;
/// that the goroutines of a group may wait for each other.
#[derive(Clone)]
pub struct Group<E> {
    // Your state: who is running, the first error, and how to end the context.
    state: PhantomData<E>,
}

impl<E: Send + 'static> Group<E> {
    /// A group, and its context: a child of `parent` that also ends as soon as a goroutine
    /// of the group has failed, or when [`wait`](Self::wait) returns.
    #[must_use]
    pub fn new(parent: &Context) -> (Self, Context) {
        let _ = parent;
        todo!("a context that can be cancelled, and a group that knows how")
    }

    /// Starts `f` on a goroutine of the group, which may start others by this.
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        let _ = f;
        todo!("if it fails: keep the error, unless there is one, and end the context")
    }

    /// Waits until all goroutines of the group have ended, and gives the error of the one
    /// that failed first. Called once.
    pub fn wait(&self) -> Result<(), E> {
        todo!("wait for all, whatever happened")
    }
}
