//! Verdict: livelock. Who finds no permit gives way and looks again, for an hour if need be.

use std::sync::Arc;

use marmota::sync::{Cond, Mutex};

/// Hands out a fixed number of [`Permit`]s. A clone is the same semaphore.
#[derive(Clone)]
pub struct Semaphore {
    shared: Arc<Shared>,
}

struct Shared {
    left: Mutex<usize>,
    back: Cond,
}

/// The right to go on. Dropping it gives it back.
#[must_use = "a permit that is dropped at once permits nothing"]
pub struct Permit {
    shared: Arc<Shared>,
}

impl Semaphore {
    /// A semaphore with `size` permits.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let shared = Arc::new(Shared {
            left: Mutex::new(size),
            back: Cond::new(),
        });
        Self { shared }
    }

    /// Waits until there is a permit and takes it.
    #[track_caller]
    pub fn acquire(&self) -> Permit {
        loop {
            if let Some(permit) = self.try_acquire() {
                return permit;
            }
            marmota::runtime::gosched();
        }
    }

    /// Takes a permit if there is one now; does not wait.
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit> {
        let mut left = self.shared.left.lock();
        if *left == 0 {
            return None;
        }
        *left -= 1;
        Some(self.permit())
    }

    fn permit(&self) -> Permit {
        let shared = Arc::clone(&self.shared);
        Permit { shared }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.shared.left.lock() += 1;
        self.shared.back.signal();
    }
}
