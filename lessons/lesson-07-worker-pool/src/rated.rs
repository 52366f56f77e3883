//! Exercise 5: a pool with a pace and a stop.
//!
//! Many services let you call them so often and no oftener. A pool for such calls has
//! a pace besides its workers: time from one start to the next. And it lives longer
//! than one call, so it must be told when to stop. A graceful stop takes nothing new,
//! finishes what it took, and leaves nobody behind.

use std::time::Duration;

use crate::Job;

/// Workers that run jobs, no two of which start within less than a certain time. A
/// clone is the same pool.
///
/// Graded: see the methods; that nothing is left running after a stop; that a pool with
/// nothing to do keeps nobody busy.
#[derive(Clone)]
pub struct Pool {
    // Your state: where jobs come in, when the next may start, who has to end.
}

impl Pool {
    /// A pool of `workers` goroutines (at least 1). From one job's start to the next
    /// passes at least `every`, whichever workers they are on and however long nothing
    /// was to be done before. Besides that nothing holds a job up while a worker is free.
    #[must_use]
    pub fn new(workers: usize, every: Duration) -> Self {
        let _ = (workers, every);
        todo!("start the workers")
    }

    /// Hands `job` to the pool and gives `true`, perhaps after waiting for a worker; the
    /// job will run. Or gives `false`, because the pool was told to stop; the job will
    /// never run.
    ///
    /// May be called at any time, also while somebody calls `stop`.
    #[must_use]
    pub fn submit(&self, job: Job) -> bool {
        let _ = job;
        todo!("hand it over, unless the pool stops")
    }

    /// Takes no more jobs, and returns when all jobs taken have run and the workers have
    /// ended. Again, or by several at the same time, it does the same.
    pub fn stop(&self) {
        todo!("tell everybody, wait for the workers")
    }
}
