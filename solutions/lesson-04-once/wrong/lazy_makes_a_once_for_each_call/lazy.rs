//! Verdict: wrong result. The once is made inside the function: each call has a new
//! one.

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
            value: Box::new(move || once_value(|| Arc::new(load()))()),
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
