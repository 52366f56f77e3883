//! Exercise 4: work until told to stop.
//!
//! A worker waits for jobs, and for the news that it should stop. The news is a
//! channel that is closed: that reaches everybody who listens, now or later, with a
//! single call. If a job and the news are both there, a select takes either; so who
//! wants one of them first has to ask for it first.

use marmota::chan::Receiver;

/// Why a worker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was told to: `quit` was closed.
    Quit,
    /// There are no more jobs: they were closed, and all have been done.
    NoMoreJobs,
}

/// Calls `handle` for each of `jobs`, one after the other, until `quit` is closed or
/// there are no more jobs. Returns how many it handled, and why it stopped.
///
/// Graded: both answers and the order of the jobs; that an idle worker is stopped,
/// too; that after a job during which `quit` was closed no other job is begun, but
/// stays where it is; that nobody is busy while nothing comes.
pub fn work<J>(jobs: &Receiver<J>, quit: &Receiver<()>, handle: impl FnMut(J)) -> (u64, Why) {
    let _ = (jobs, quit, handle);
    todo!("a loop around a select; and who comes first?")
}
