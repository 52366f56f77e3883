//! As much of G and M as the primitives touch.

use crate::kernel::WaitReason;
use ::loom::sync::{Condvar, Mutex};
use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, AtomicU64};

pub(crate) type GRef = &'static G;
pub(crate) type MRef = &'static M;

pub(crate) struct G {
    pub(crate) selected: AtomicU32,
    pub(crate) waits_for: AtomicU64,
    pub(crate) id: AtomicU64,
    pub(crate) readied: Mutex<bool>,
    pub(crate) wake: Condvar,
}

impl G {
    pub(crate) fn about_to_wait(&self, _: WaitReason, _: &'static Location<'static>) {}
}

pub(crate) struct M {
    pub(crate) kind: Cell<m::Kind>,
    pub(crate) g: Cell<Option<GRef>>,
    pub(crate) time: Cell<u64>,
}

impl M {
    /// One per thread of a model's run, never freed, as in the runtime.
    pub(crate) fn leak() -> MRef {
        let g = Box::leak(Box::new(G {
            selected: AtomicU32::new(0),
            waits_for: AtomicU64::new(0),
            id: AtomicU64::new(1),
            readied: Mutex::new(false),
            wake: Condvar::new(),
        }));
        Box::leak(Box::new(M {
            kind: Cell::new(m::Kind::Parallel),
            g: Cell::new(Some(g)),
            time: Cell::new(0),
        }))
    }

    pub(crate) fn g(&self) -> GRef {
        self.g.get().expect("a model's thread has a goroutine")
    }
}

pub(crate) mod m {
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Kind {
        Parallel,
        Sim,
    }
}
