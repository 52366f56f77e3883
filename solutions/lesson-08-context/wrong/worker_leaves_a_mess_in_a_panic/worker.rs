//! Verdict: wrong result. It cleans up after its loop, which a panic never gets to.

use marmota::chan::Receiver;
use marmota::context::{Context, ContextError};
use marmota::select;

/// Why a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The channel of jobs was closed.
    NoMoreJobs,
    /// The context ended, with this error.
    Told(ContextError),
}

/// Handles jobs until there are no more or `ctx` ends; then cleans up.
pub fn work<T>(
    ctx: &Context,
    jobs: &Receiver<T>,
    mut handle: impl FnMut(T),
    clean_up: impl FnOnce(),
) -> End {
    let done = ctx.done();
    let end = loop {
        if let Some(error) = ctx.err() {
            break End::Told(error);
        }
        select! {
            job = <-jobs => match job {
                Some(job) => handle(job),
                None => break End::NoMoreJobs,
            },
            // The next turn says why.
            <-done => {}
        }
    };
    clean_up();
    end
}
