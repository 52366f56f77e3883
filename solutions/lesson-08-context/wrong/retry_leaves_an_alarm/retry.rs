//! Verdict: leak. A goroutine sleeps and then sends; if the end comes first nobody receives that, and
//! it waits for ever.

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
    let (ring, rang) = marmota::chan(0);
    marmota::go(move || {
        time::sleep(rest);
        ring.send(());
    });
    let done = ctx.done();
    select! {
        <-done => Err(ctx.err().expect("done is closed when it has ended")),
        <-rang => Ok(()),
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
