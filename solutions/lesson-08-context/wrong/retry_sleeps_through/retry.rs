//! Verdict: wrong result. It looks whether the context has ended, and then sleeps: what happens
//! meanwhile it hears of when the rest is over.

use std::time::Duration;

use marmota::context::{Context, ContextError};
use marmota::time;

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
    if let Some(error) = ctx.err() {
        return Err(error);
    }
    time::sleep(rest);
    Ok(())
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
        if let Some(error) = ctx.err() {
            return Err(Failure::Ended(error));
        }
        match operation(ctx) {
            Ok(value) => return Ok(value),
            Err(error) if attempt == attempts => return Err(Failure::Failed(error)),
            Err(_) => pause(ctx, rest).map_err(Failure::Ended)?,
        }
        attempt += 1;
    }
}
