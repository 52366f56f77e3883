//! Verdict: wrong result. Whatever ended the context, it says that it was cancelled.

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
    let _at_the_end = AtTheEnd(Some(clean_up));
    let done = ctx.done();
    loop {
        if ctx.err().is_some() {
            return End::Told(ContextError::Canceled);
        }
        select! {
            job = <-jobs => match job {
                Some(job) => handle(job),
                None => return End::NoMoreJobs,
            },
            // The next turn says why.
            <-done => {}
        }
    }
}

/// Calls its function when it is dropped: Go's `defer`.
struct AtTheEnd<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for AtTheEnd<F> {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}
