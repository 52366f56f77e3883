//! Verdict: livelock. Who is not the first naps until the value is there: a load of an
//! hour is millions of naps.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use marmota::sync::Mutex;
use marmota::time;

/// A value of type `T` that is loaded at the first [`Lazy::get`].
pub struct Lazy<T> {
    load: Box<dyn Fn() -> T + Send + Sync>,
    begun: AtomicBool,
    loaded: Mutex<Option<Result<Arc<T>, String>>>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    /// A value that nobody asked for yet.
    #[must_use]
    pub fn new(load: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            load: Box::new(load),
            begun: AtomicBool::new(false),
            loaded: Mutex::new(None),
        }
    }

    /// The value: the same one for everybody.
    pub fn get(&self) -> Arc<T> {
        if !self.begun.swap(true, Ordering::SeqCst) {
            let loaded = panic::catch_unwind(AssertUnwindSafe(|| (self.load)()));
            let loaded = loaded.map(Arc::new).map_err(|thrown| {
                let text = thrown.downcast_ref::<&str>().copied();
                text.unwrap_or("a panic").to_owned()
            });
            *self.loaded.lock() = Some(loaded);
        }
        loop {
            let loaded = self.loaded.lock().clone();
            match loaded {
                Some(Ok(value)) => return value,
                Some(Err(text)) => panic!("{text}"),
                None => time::sleep(Duration::from_millis(1)),
            }
        }
    }
}
