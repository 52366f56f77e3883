//! Verdict: deadlock. When no job is there at the moment it takes the work for done,
//! and waits for the quit alone.

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
            default => {
                quit.recv();
                return (done, Why::Quit);
            }
        }
    }
}
