//! Verdict: wrong result. It loads when it is made, before anybody asks.

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
        let value = Arc::new(load());
        Self {
            value: Box::new(once_value(move || value)),
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
