//! What graded tests use to see who ran, when, and beside whom.
//!
//! Deterministic runs have one thread, so "at the same time" cannot be seen on a
//! clock. It can be seen by making goroutines need each other: jobs that meet
//! ([`Meeting`]), or that are held back until the caller has gone on ([`Gate`]),
//! end only if they really were under way together. Run one after the other they
//! deadlock, in every schedule.
//!
//! [`Log`] and the rest of the book-keeping use `std` locks that are never held
//! across a scheduling point: watching adds no point at which the schedule could
//! change.

use std::sync::{Arc, Mutex};

use marmota::chan::{Receiver, Sender};

/// A list that goroutines write to in the order they run. Clones share it.
pub struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Appends `entry`.
    pub fn push(&self, entry: T) {
        self.entries().push(entry);
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<T: Clone> Log<T> {
    /// All entries so far, in the order they were written.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        self.entries().clone()
    }
}

impl<T: Clone + Ord> Log<T> {
    /// All entries so far, sorted.
    #[must_use]
    pub fn sorted(&self) -> Vec<T> {
        let mut all = self.all();
        all.sort();
        all
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A door that is shut until somebody opens it for good. Clones are the same door.
#[derive(Clone)]
pub struct Gate {
    open: Sender<()>,
    passage: Receiver<()>,
    opened: Arc<Mutex<bool>>,
}

impl Gate {
    /// A shut gate.
    #[must_use]
    pub fn new() -> Self {
        let (open, passage) = marmota::chan(0);
        let opened = Arc::default();
        Self {
            open,
            passage,
            opened,
        }
    }

    /// Opens the gate for all who wait and all who come. Again does nothing.
    pub fn open(&self) {
        let was_open = {
            let mut opened = self.opened.lock().unwrap_or_else(|p| p.into_inner());
            std::mem::replace(&mut *opened, true)
        };
        if !was_open {
            self.open.close();
        }
    }

    /// Waits until the gate is open.
    #[track_caller]
    pub fn pass(&self) {
        let _closed = self.passage.recv();
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// A meeting of a fixed number of goroutines: nobody goes on before all are
/// there. Clones are the same meeting.
#[derive(Clone)]
pub struct Meeting {
    missing: Arc<Mutex<usize>>,
    complete: Gate,
}

impl Meeting {
    /// A meeting of `size` goroutines.
    #[must_use]
    pub fn of(size: usize) -> Self {
        Self {
            missing: Arc::new(Mutex::new(size)),
            complete: Gate::new(),
        }
    }

    /// Arrives, and waits for the others. One who comes after the meeting was
    /// complete just goes on.
    #[track_caller]
    pub fn arrive(&self) {
        let last = {
            let mut missing = self.missing.lock().unwrap_or_else(|p| p.into_inner());
            *missing = missing.saturating_sub(1);
            *missing == 0
        };
        if last {
            self.complete.open();
        }
        self.complete.pass();
    }
}

/// Opens its gate when it is dropped: held by a closure, it tells when that
/// closure is gone, whether it ever ran or not.
pub struct Ticket(Gate);

impl Ticket {
    /// A ticket, and the gate that opens when it is dropped.
    #[must_use]
    pub fn new() -> (Self, Gate) {
        let gone = Gate::new();
        (Self(gone.clone()), gone)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.open();
    }
}
