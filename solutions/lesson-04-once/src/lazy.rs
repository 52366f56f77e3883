//! Exercise 2: a value that is made when it is first asked for.
//!
//! `once_value` does all of it, the panics included. What it gives is cloned for each
//! caller, and a clone of an `Arc` is the same value.

use std::sync::Arc;

use marmota::sync::once_value;

/// A value of type `T` that is loaded at the first [`Lazy::get`].
pub struct Lazy<T> {
    value: Box<dyn Fn() -> Arc<T> + Send + Sync>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that nobody asked for yet.
    #[must_use]
    pub fn new(load: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            value: Box::new(once_value(move || Arc::new(load()))),
        }
    }

    /// The value: the same one for everybody.
    ///
    /// # Panics
    ///
    /// As `load` did.
    pub fn get(&self) -> Arc<T> {
        (self.value)()
    }
}
