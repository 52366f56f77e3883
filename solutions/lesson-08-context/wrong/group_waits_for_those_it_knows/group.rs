//! Verdict: wrong result. It waits for the goroutines that there are when it is asked
//! to: what they start meanwhile it does not look at.

use std::sync::Arc;

use marmota::JoinHandle;
use marmota::context::{self, Cancel, Context};
use marmota::sync::Mutex;

/// Goroutines that work on one task, of which the first error counts.
#[derive(Clone)]
pub struct Group<E> {
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    running: Mutex<Vec<JoinHandle<()>>>,
    first: Mutex<Option<E>>,
    cancel: Cancel,
}

impl<E: Send + 'static> Group<E> {
    /// A group, and the context that ends with it.
    #[must_use]
    pub fn new(parent: &Context) -> (Self, Context) {
        let (ctx, cancel) = context::with_cancel(parent);
        let shared = Shared {
            running: Mutex::new(Vec::new()),
            first: Mutex::new(None),
            cancel,
        };
        let shared = Arc::new(shared);
        (Self { shared }, ctx)
    }

    /// Starts `f` on a goroutine of the group.
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let started = marmota::spawn(move || {
            if let Err(error) = f() {
                shared.first.lock().get_or_insert(error);
                shared.cancel.cancel();
            }
        });
        self.shared.running.lock().push(started);
    }

    /// Waits for all goroutines of the group, and gives the first error.
    pub fn wait(&self) -> Result<(), E> {
        let known = std::mem::take(&mut *self.shared.running.lock());
        for goroutine in known {
            goroutine.join().expect("nothing panics in here");
        }
        self.shared.cancel.cancel();
        self.shared.first.lock().take().map_or(Ok(()), Err)
    }
}
