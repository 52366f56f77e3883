//! Verdict: wrong result. Every worker keeps the pace for itself: together they start as many
//! times as often as there are workers.

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
        select! {
            self.jobs <- job => true,
            <-self.shared.quitting => false,
        }
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
        let mut last_start: Option<Instant> = None;
        loop {
            let job = select! {
                job = <-queue => job.expect("nobody closes the channel of jobs"),
                <-self.quitting => return,
            };
            if let Some(last) = last_start {
                time::sleep(self.every.saturating_sub(last.elapsed()));
            }
            last_start = Some(time::now());
            job();
        }
    }
}
