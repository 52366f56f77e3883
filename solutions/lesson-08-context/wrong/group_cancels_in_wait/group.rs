//! Verdict: wrong result. Whoever waits hears of the first error and ends the context:
//! until somebody waits, nobody is told.

use std::sync::Arc;

use marmota::context::{self, Cancel, Context};
use marmota::select;
use marmota::sync::{Mutex, WaitGroup};
use marmota::{Receiver, Sender};

/// Goroutines that work on one task, of which the first error counts.
#[derive(Clone)]
pub struct Group<E> {
    shared: Arc<Shared<E>>,
}

struct Shared<E> {
    running: WaitGroup,
    first: Mutex<Option<E>>,
    /// Closed by the first error.
    failed: (Sender<()>, Receiver<()>),
    cancel: Cancel,
}

impl<E: Send + 'static> Group<E> {
    /// A group, and the context that ends with it.
    #[must_use]
    pub fn new(parent: &Context) -> (Self, Context) {
        let (ctx, cancel) = context::with_cancel(parent);
        let shared = Shared {
            running: WaitGroup::new(),
            first: Mutex::new(None),
            failed: marmota::chan(0),
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
                let mut first = shared.first.lock();
                if first.is_none() {
                    *first = Some(error);
                    shared.failed.0.close();
                }
            }
        });
    }

    /// Waits for all goroutines of the group, and gives the first error.
    pub fn wait(&self) -> Result<(), E> {
        let (all, ended) = marmota::chan::<()>(0);
        let running = self.shared.running.clone();
        marmota::go(move || {
            running.wait();
            all.close();
        });
        let failed = &self.shared.failed.1;
        select! {
            <-failed => self.shared.cancel.cancel(),
            <-&ended => {}
        }
        ended.recv();
        self.shared.cancel.cancel();
        self.shared.first.lock().take().map_or(Ok(()), Err)
    }
}
