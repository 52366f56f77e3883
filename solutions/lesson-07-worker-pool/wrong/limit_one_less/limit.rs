//! Verdict: deadlock. Off by one: the creator counts from zero, and the last permit is
//! never there.

use marmota::chan::{Receiver, Sender};

/// Hands out a fixed number of [`Permit`]s. A clone is the same semaphore.
#[derive(Clone)]
pub struct Semaphore {
    take: Sender<()>,
    out: Receiver<()>,
}

/// The right to go on. Dropping it gives it back.
#[must_use = "a permit that is dropped at once permits nothing"]
pub struct Permit {
    out: Receiver<()>,
}

impl Semaphore {
    /// A semaphore with `size` permits.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let (take, out) = marmota::chan(size - 1);
        Self { take, out }
    }

    /// Waits until there is a permit and takes it.
    #[track_caller]
    pub fn acquire(&self) -> Permit {
        self.take.send(());
        self.permit()
    }

    /// Takes a permit if there is one now; does not wait.
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit> {
        self.take.try_send(()).ok().map(|()| self.permit())
    }

    fn permit(&self) -> Permit {
        let out = self.out.clone();
        Permit { out }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let _given_back = self.out.recv();
    }
}
