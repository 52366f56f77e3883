//! Exercise 2: a value that is made when it is first asked for.
//!
//! A configuration that is read from a slow disk, say. All share the one value, so it
//! comes in an [`Arc`]. You may build on [`marmota::sync::Once`], on
//! [`marmota::sync::once_value`], or on a Mutex.

use std::sync::Arc;

/// A value of type `T` that is loaded at the first [`Lazy::get`].
///
/// Graded: see the methods; whoever waits for the load is parked.
pub struct Lazy<T> {
    // Your state, in place of this line: how to load it, and what came of that.
    remove_me: std::marker::PhantomData<T>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that nobody asked for yet; `load` is not called here.
    #[must_use]
    pub fn new(load: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let _ = load;
        todo!("keep it for later")
    }

    /// The value: the same one for everybody. The first who asks calls `load`; those
    /// who ask meanwhile wait for it. `load` is called once, even if it panics.
    ///
    /// # Panics
    ///
    /// With the text of `load`'s panic, in this call and in every later one: a value
    /// that could not be made is not there later either.
    pub fn get(&self) -> Arc<T> {
        let _ = self.remove_me;
        todo!("load it, or wait for the one who does, or just take it")
    }
}
