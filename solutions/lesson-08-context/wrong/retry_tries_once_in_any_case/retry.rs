//! Verdict: wrong result. Whether the context has ended is looked at after an attempt only: the
//! first is made in any case.

use std::time::Duration;

use marmota::context::{Context, ContextError};
use marmota::{select, time};

/// Why [`retry`] gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// The context ended first.
    Ended(ContextError),
    /// All attempts failed; this is what the last one said.
    Failed(E),
}

/// Rests for `rest`, or until `ctx` ends.
pub fn pause(ctx: &Context, rest: Duration) -> Result<(), ContextError> {
    let done = ctx.done();
    select! {
        <-done => Err(ctx.err().expect("done is closed when it has ended")),
        <-time::after(rest) => Ok(()),
    }
}

/// Tries `operation` up to `attempts` times, with a rest between two attempts.
pub fn retry<T, E>(
    ctx: &Context,
    attempts: u32,
    rest: Duration,
    mut operation: impl FnMut(&Context) -> Result<T, E>,
) -> Result<T, Failure<E>> {
    let mut attempt = 1;
    loop {
        match operation(ctx) {
            Ok(value) => return Ok(value),
            Err(error) if attempt == attempts => return Err(Failure::Failed(error)),
            Err(_) => pause(ctx, rest).map_err(Failure::Ended)?,
        }
        attempt += 1;
    }
}
