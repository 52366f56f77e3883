//! Verdict: wrong result. A ticker gives the pace. It keeps one tick for whoever comes late,
//! and the next tick comes when it is due: after a rest two starts are too close.

use std::sync::Arc;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::select;
use marmota::sync::{Mutex, WaitGroup};
use marmota::time::Ticker;

use crate::Job;

/// Workers that run jobs, no two of which start within less than a certain time.
#[derive(Clone)]
pub struct Pool {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    ticker: Ticker,
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
            ticker: Ticker::new(every),
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
        loop {
            let job = select! {
                job = <-queue => job.expect("nobody closes the channel of jobs"),
                <-self.quitting => return,
            };
            self.ticker.channel().recv();
            job();
        }
    }
}
