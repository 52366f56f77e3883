//! Verdict: deadlock. Who submits after the stop waits for a worker, and there is none any
//! more.

use std::sync::Arc;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::select;
use marmota::sync::{Mutex, WaitGroup};
use marmota::time::{self, Instant};

use crate::Job;

/// Workers that run jobs, no two of which start within less than a certain time.
#[derive(Clone)]
pub struct Pool {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    every: Duration,
    last_start: Mutex<Option<Instant>>,
    stopped: Mutex<bool>,
    quit: Sender<()>,
    quitting: Receiver<()>,
    workers: WaitGroup,
}

impl Pool {
    /// A pool of `workers` goroutines; `every` is the least time from start to start.
    #[must_use]
    pub fn new(workers: usize, every: Duration) -> Self {
        let (jobs, queue) = marmota::chan(0);
        let (quit, quitting) = marmota::chan(0);
        let shared = Arc::new(Shared {
            every,
            last_start: Mutex::new(None),
            stopped: Mutex::new(false),
            quit,
            quitting,
            workers: WaitGroup::new(),
        });
        for _ in 0..workers {
            let (worker, queue) = (Arc::clone(&shared), queue.clone());
            shared.workers.go(move || worker.work(&queue));
        }
        Self { jobs, shared }
    }

    /// Hands `job` to a worker; `false` if the pool stops.
    #[must_use]
    pub fn submit(&self, job: Job) -> bool {
        self.jobs.send(job);
        true
    }

    /// Takes no more jobs and returns when all workers have ended.
    pub fn stop(&self) {
        let before = std::mem::replace(&mut *self.shared.stopped.lock(), true);
        if !before {
            self.shared.quit.close();
        }
        self.shared.workers.wait();
    }
}

impl Shared {
    fn work(&self, queue: &Receiver<Job>) {
        loop {
            let job = select! {
                job = <-queue => job.expect("nobody closes the channel of jobs"),
                <-self.quitting => return,
            };
            self.wait_for_a_start();
            job();
        }
    }

    /// Returns when a job may start, and remembers that one did.
    fn wait_for_a_start(&self) {
        let mut last = self.last_start.lock();
        if let Some(last) = *last {
            time::sleep(self.every.saturating_sub(last.elapsed()));
        }
        *last = Some(time::now());
    }
}
