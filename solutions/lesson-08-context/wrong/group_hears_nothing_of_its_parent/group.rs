//! Verdict: deadlock. The group's context stands under a new background: the parent's end does not
//! reach it.

use std::sync::Arc;

use marmota::context::{self, Cancel, Context};
use marmota::sync::{Mutex, WaitGroup};

/// Goroutines that work on one task, of which the first error counts.
#[derive(Clone)]
pub struct Group<E> {
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    running: WaitGroup,
    first: Mutex<Option<E>>,
    cancel: Cancel,
}

impl<E: Send + 'static> Group<E> {
    /// A group, and the context that ends with it.
    #[must_use]
    pub fn new(_parent: &Context) -> (Self, Context) {
        let (ctx, cancel) = context::with_cancel(&context::background());
        let shared = Shared {
            running: WaitGroup::new(),
            first: Mutex::new(None),
            cancel,
        };
        let shared = Arc::new(shared);
        (Self { shared }, ctx)
    }

    /// Starts `f` on a goroutine of the group.
    pub fn go(&self, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        self.shared.running.go(move || {
            if let Err(error) = f() {
                shared.first.lock().get_or_insert(error);
                shared.cancel.cancel();
            }
        });
    }

    /// Waits for all goroutines of the group, and gives the first error.
    pub fn wait(&self) -> Result<(), E> {
        self.shared.running.wait();
        self.shared.cancel.cancel();
        self.shared.first.lock().take().map_or(Ok(()), Err)
    }
}
