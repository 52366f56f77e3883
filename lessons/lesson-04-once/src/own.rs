//! Exercise 5: write the Once.
//!
//! What you need: a flag, and a [`marmota::sync::Mutex`] for those who have to wait.
//! Not allowed: `Once`, `once_func` and `once_value` of `marmota::sync`, and those of
//! `std`, which would stop a thread and not a goroutine.
//!
//! Calling `call_once` of the same `Once` from within its own function waits for ever.
//! So does Go's, and it is not graded: can you see why nothing else would be right?

/// Runs one function, one time.
///
/// Graded: see the methods; that nobody returns too early; that whoever waits is
/// parked; that one `Once` does not wait for another.
pub struct Once {
    // Your state.
}

impl Once {
    /// One that has run nothing yet.
    #[must_use]
    pub fn new() -> Self {
        todo!("not done, and nobody waits")
    }

    /// Runs `f`, if this is the first call; else waits until the first call's function
    /// has returned, and does not run `f`.
    ///
    /// A panic of `f` goes on to the caller. It counts as done all the same: the others
    /// return, and no other function is ever run.
    pub fn call_once(&self, f: impl FnOnce()) {
        let _ = f;
        todo!("the first runs it, the others wait for that")
    }

    /// Whether the first call's function has returned or panicked. Never waits: not
    /// while it runs either, and may be asked from within it.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        todo!("look, without waiting for anybody")
    }
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}
