//! The global run queue: a linked list behind a lock, and its length beside it.
//!
//! It takes what overflows a P's ring, what a preempted goroutine is put on, and
//! what threads from outside ready.

use super::GRef;
use crate::lock::SpinLock;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Global {
    len: AtomicUsize,
    list: SpinLock<List>,
}

#[derive(Clone, Copy)]
struct List {
    ends: Option<(GRef, GRef)>,
}

impl Global {
    pub(crate) const fn new() -> Self {
        Global {
            len: AtomicUsize::new(0),
            list: SpinLock::new(List { ends: None }),
        }
    }

    /// How many it holds at this moment.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        // SeqCst: as for `RunQueue::len`.
        self.len.load(Ordering::SeqCst)
    }

    /// Appends goroutines in order.
    pub(crate) fn push(&self, batch: impl Iterator<Item = GRef>) {
        let mut list = self.list.lock();
        let mut n = 0;
        for g in batch {
            g.next.set(None);
            list.ends = match list.ends {
                None => Some((g, g)),
                Some((first, last)) => {
                    last.next.set(Some(g));
                    Some((first, g))
                }
            };
            n += 1;
        }
        // SeqCst: pairs with `len`; changed under the lock only.
        self.len
            .store(self.len.load(Ordering::Relaxed) + n, Ordering::SeqCst);
    }

    /// Takes up to `n` from the front; the first is returned, the others go to
    /// `rest`.
    pub(crate) fn pop(&self, n: usize, mut rest: impl FnMut(GRef)) -> Option<GRef> {
        if self.len() == 0 {
            return None;
        }
        let mut taken = 0;
        let (first, mut others) = {
            let mut list = self.list.lock();
            let (first, last) = list.ends?;
            // Cut after the n-th.
            let mut cut = first;
            taken += 1;
            // Bound goroutines are taken one by one, and so stay where a preempted
            // M finds them (`pop_bound`).
            while taken < n && !is_bound(first) {
                let Some(next) = cut.next.get().filter(|next| !is_bound(next)) else {
                    break;
                };
                cut = next;
                taken += 1;
            }
            list.ends = cut.next.take().map(|left| (left, last));
            let len = self.len.load(Ordering::Relaxed) - taken;
            // SeqCst: pairs with `len`.
            self.len.store(len, Ordering::SeqCst);
            (first, first.next.take())
        };
        while let Some(g) = others {
            others = g.next.take();
            rest(g);
        }
        Some(first)
    }
    /// Whether it holds a bound goroutine.
    /// The goroutine that [`pop_bound`](Self::pop_bound) would take.
    pub(crate) fn first_bound(&self, anywhere: bool) -> Option<GRef> {
        if self.len() == 0 {
            return None;
        }
        let list = self.list.lock();
        let mut at = list.ends?.0;
        while !is_bound(at) {
            at = at.next.get().filter(|_| anywhere)?;
        }
        Some(at)
    }

    /// Takes the first bound goroutine, if `anywhere`, or else only if it stands at
    /// the very front.
    pub(crate) fn pop_bound(&self, anywhere: bool) -> Option<GRef> {
        if self.len() == 0 {
            return None;
        }
        let mut list = self.list.lock();
        let (first, last) = list.ends?;
        let (mut before, mut at) = (None, first);
        while !is_bound(at) {
            if !anywhere {
                return None;
            }
            before = Some(at);
            at = at.next.get()?;
        }
        let after = at.next.take();
        list.ends = match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some((after, last)),
            (Some(before), after) => {
                before.next.set(after);
                Some((first, if after.is_none() { before } else { last }))
            }
        };
        // SeqCst: pairs with `len`.
        self.len
            .store(self.len.load(Ordering::Relaxed) - 1, Ordering::SeqCst);
        Some(at)
    }
}

fn is_bound(g: GRef) -> bool {
    super::handoff::bound_to(g).is_some()
}
