//! Exercise 4: work until told to stop.
//!
//! Two selects: the first only looks whether to stop, the second waits for whichever
//! comes. The second one alone would stop an idle worker, but one with a long queue
//! only by and by, because a select is fair.

use marmota::chan::Receiver;
use marmota::select;

/// Why a worker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was told to: `quit` was closed.
    Quit,
    /// There are no more jobs: they were closed, and all have been done.
    NoMoreJobs,
}

/// Calls `handle` for each of `jobs` until `quit` is closed or there are no more.
pub fn work<J>(jobs: &Receiver<J>, quit: &Receiver<()>, mut handle: impl FnMut(J)) -> (u64, Why) {
    let mut done = 0;
    loop {
        select! {
            <-quit => return (done, Why::Quit),
            default => {}
        }
        select! {
            <-quit => return (done, Why::Quit),
            job = <-jobs => match job {
                Some(job) => {
                    handle(job);
                    done += 1;
                }
                None => return (done, Why::NoMoreJobs),
            },
        }
    }
}
