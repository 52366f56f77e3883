//! Exercise 3: at most so many at a time.
//!
//! A pool is one way to bound what runs at once. The other: start as many goroutines
//! as you like, and let them ask for a permit before they do the costly part. What
//! hands out a fixed number of permits is called a semaphore. You write it; not
//! allowed: `marmota::sync::Semaphore`.
//!
//! A permit is given back when it is dropped. So nobody can forget it, and a panic
//! gives it back as well: unwinding drops what it finds.

/// Hands out a fixed number of [`Permit`]s. A clone is the same semaphore.
///
/// Graded: see the methods; that never more than `size` permits are out; that all who
/// wait get theirs in the end; that nobody who waits keeps the runtime busy.
#[derive(Clone)]
pub struct Semaphore {
    // Your state. A channel with a buffer can count.
}

/// The right to go on. Dropping it gives it back.
#[must_use = "a permit that is dropped at once permits nothing"]
pub struct Permit {
    // What it takes to give the permit back.
}

impl Semaphore {
    /// A semaphore with `size` permits (at least 1).
    #[must_use]
    pub fn new(size: usize) -> Self {
        let _ = size;
        todo!("so many permits, all of them in")
    }

    /// Waits until there is a permit and takes it.
    pub fn acquire(&self) -> Permit {
        todo!("park until a permit is there")
    }

    /// Takes a permit if there is one now; does not wait.
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit> {
        todo!("a permit, or None at once")
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        todo!("give it back")
    }
}
