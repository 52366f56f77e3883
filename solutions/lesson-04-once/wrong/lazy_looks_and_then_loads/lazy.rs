//! Verdict: wrong result. It looks under one lock and loads under none: two look
//! before either has loaded.

use std::sync::Arc;

use marmota::sync::Mutex;

/// A value of type `T` that is loaded at the first [`Lazy::get`].
pub struct Lazy<T> {
    load: Box<dyn Fn() -> T + Send + Sync>,
    value: Mutex<Option<Arc<T>>>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that nobody asked for yet.
    #[must_use]
    pub fn new(load: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            value: Mutex::new(None),
        }
    }

    /// The value: the same one for everybody.
    ///
    /// # Panics
    ///
    /// As `load` did.
    pub fn get(&self) -> Arc<T> {
        if let Some(value) = self.value.lock().clone() {
            return value;
        }
        let value = Arc::new((self.load)());
        *self.value.lock() = Some(Arc::clone(&value));
        value
    }
}
