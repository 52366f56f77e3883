//! Verdict: wrong result. A Once remembers that the load was called, and nobody
//! remembers that it panicked: later callers panic with another text.

use std::sync::Arc;

use marmota::sync::{Mutex, Once};

/// A value of type `T` that is loaded at the first [`Lazy::get`].
pub struct Lazy<T> {
    load: Box<dyn Fn() -> T + Send + Sync>,
    once: Once,
    value: Mutex<Option<Arc<T>>>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that nobody asked for yet.
    #[must_use]
    pub fn new(load: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            once: Once::new(),
            value: Mutex::new(None),
        }
    }

    /// The value: the same one for everybody.
    ///
    /// # Panics
    ///
    /// As `load` did.
    pub fn get(&self) -> Arc<T> {
        self.once.call_once(|| {
            let value = Arc::new((self.load)());
            *self.value.lock() = Some(value);
        });
        self.value.lock().clone().expect("the value is loaded")
    }
}
