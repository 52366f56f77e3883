//! Exercise 1: try again, but not for ever.
//!
//! A [`Context`] is handed down, as the first argument, to whatever may take long.
//! [`Context::done`] is a channel that is closed when the context ends, so it can stand
//! in a `select!` beside anything else one waits for; [`Context::err`] then says why it
//! ended. Whoever gets a context hands it on to those it calls.

use std::time::Duration;

use marmota::context::{Context, ContextError};

/// Why [`retry`] gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// The context ended first.
    Ended(ContextError),
    /// All attempts failed; this is what the last one said.
    Failed(E),
}

/// Rests for `rest`, or until `ctx` ends: then that is an error, at once.
pub fn pause(ctx: &Context, rest: Duration) -> Result<(), ContextError> {
    let _ = (ctx, rest);
    todo!("wait for the time or for the end, whichever is first")
}

/// Tries `operation` up to `attempts` times (at least 1), with a rest between two
/// attempts, and returns its first success. Hands `ctx` on to it.
///
/// When `ctx` ends, a rest ends at once and no attempt is begun any more:
/// [`Failure::Ended`].
///
/// Graded: how often the operation is tried, and with which context; that the time taken
/// is that of the rests, none of them after the last attempt; that an end is heard at
/// once; that nothing is left running.
pub fn retry<T, E>(
    ctx: &Context,
    attempts: u32,
    rest: Duration,
    operation: impl FnMut(&Context) -> Result<T, E>,
) -> Result<T, Failure<E>> {
    let _ = (ctx, attempts, rest, operation);
    todo!("look whether it has ended, try, pause")
}
