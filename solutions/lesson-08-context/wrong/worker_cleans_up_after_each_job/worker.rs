//! Verdict: does not compile. It cleans up after each job; what is an `FnOnce` can be called once, and
//! the compiler knows.

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
    loop {
        if let Some(error) = ctx.err() {
            return End::Told(error);
        }
        select! {
            job = <-jobs => match job {
                Some(job) => {
                    handle(job);
                    clean_up();
                }
                None => return End::NoMoreJobs,
            },
            // The next turn says why.
            <-done => {}
        }
    }
}
