//! Exercise 2: a worker that can be told to stop.
//!
//! It takes jobs from a channel until there are no more, or until its context ends. It may
//! hold something that must be given back: a connection, a lock file. So there is
//! something to do at the end, and it must be done however the end comes.

use marmota::chan::Receiver;
use marmota::context::{Context, ContextError};

/// Why a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The channel of jobs was closed.
    NoMoreJobs,
    /// The context ended, with this error.
    Told(ContextError),
}

/// Takes jobs from `jobs` and handles each, until the channel is closed or `ctx` ends.
/// Then calls `clean_up` and says why it ended.
///
/// The job at hand is finished in any case. Once `ctx` has ended no other is taken, even
/// if some are waiting. `clean_up` is called once, at the very end; also if `handle`
/// panics, and then the panic goes on.
///
/// Graded: all of this; that a worker with nothing to do hears of the end at once, and
/// keeps nobody busy until then.
pub fn work<T>(
    ctx: &Context,
    jobs: &Receiver<T>,
    handle: impl FnMut(T),
    clean_up: impl FnOnce(),
) -> End {
    let _ = (ctx, jobs, handle, clean_up);
    todo!("a loop around a select")
}
