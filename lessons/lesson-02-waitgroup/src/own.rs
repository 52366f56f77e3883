//! Exercise 5: write the WaitGroup.
//!
//! What you need: a [`marmota::sync::Mutex`] around the state, and something to
//! park on. A channel serves: `recv` parks until a value comes or the channel is
//! closed, and closing wakes everybody who waits, now and later. Not allowed:
//! `marmota::sync::WaitGroup`.

/// Waits until a number of things have ended. A clone is the same group.
///
/// Graded: see the methods; that all who wait are woken, at zero and not before;
/// that a group can be used again after it came back to zero; that nobody who waits
/// keeps the runtime busy.
#[derive(Clone)]
pub struct WaitGroup {
    // Your state: what is counted, and what waiters park on.
}

impl WaitGroup {
    /// A group that counts zero.
    #[must_use]
    pub fn new() -> Self {
        todo!("a count of zero, and nobody waits")
    }

    /// Adds `delta`, which may be negative, to the count. At zero, wakes everybody who
    /// waits.
    ///
    /// # Panics
    ///
    /// `negative WaitGroup counter`, when the count falls below zero.
    pub fn add(&self, delta: isize) {
        let _ = delta;
        todo!("count, and see whether it is zero now")
    }

    /// One less: `add(-1)`.
    pub fn done(&self) {
        self.add(-1);
    }

    /// Parks until the count is zero; returns at once if it is.
    pub fn wait(&self) {
        todo!("park, unless the count is zero")
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}
