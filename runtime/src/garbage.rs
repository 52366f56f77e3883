//! Memory to free later.
//!
//! A timer that fires does so inside the runtime, where nothing may be freed (the
//! allocator is out of bounds there: `kernel`, invariant 1). It leaves what it is
//! done with here; sysmon, or whoever arms the next timer, frees it.

use crate::lock::SpinLock;
use crate::sys::PageVec;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[derive(Clone, Copy)]
struct Item {
    at: *mut u8,
    release: fn(*mut u8),
}

// SAFETY: whoever leaves an item gives it up; releasing is possible on any thread.
unsafe impl Send for Item {}

static LEN: AtomicUsize = AtomicUsize::new(0);
static ITEMS: SpinLock<PageVec<Item>> = SpinLock::new(PageVec::new());

/// Has `release(at)` called outside the runtime, some time. It must not run user
/// code.
pub(crate) fn release_later(at: *mut u8, release: fn(*mut u8)) {
    let mut items = ITEMS.lock();
    items.push(Item { at, release });
    // Relaxed: a hint.
    LEN.store(items.len(), Relaxed);
}

/// Frees what has gathered. Called outside the runtime.
pub(crate) fn collect() {
    while LEN.load(Relaxed) > 0 {
        // A service thread (sysmon) is no M, is never stopped, and stays unknown.
        let m = crate::sched::m::current().map(|_| crate::kernel::enter_quietly());
        let item = {
            let mut items = ITEMS.lock();
            let item = items.pop();
            LEN.store(items.len(), Relaxed);
            item
        };
        if let Some(m) = m {
            crate::kernel::leave(m);
        }
        let Some(Item { at, release }) = item else {
            return;
        };
        release(at);
    }
}
