//! Verdict: wrong result. A mutex around an option knows a value or none: after a
//! panic it loads again.

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
        let mut value = self.value.lock();
        Arc::clone(value.get_or_insert_with(|| Arc::new((self.load)())))
    }
}
