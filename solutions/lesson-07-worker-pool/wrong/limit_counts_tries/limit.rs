//! Verdict: wrong result. A try that fails leaves its mark: it gives a permit back that it
//! never had.

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
        let mut left = self.shared.left.lock();
        while *left == 0 {
            self.shared.back.wait(&mut left);
        }
        *left -= 1;
        self.permit()
    }

    /// Takes a permit if there is one now; does not wait.
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit> {
        let permit = self.permit();
        let mut left = self.shared.left.lock();
        if *left == 0 {
            drop(left);
            return None;
        }
        *left -= 1;
        Some(permit)
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
