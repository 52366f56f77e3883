//! Central lists: the spans of one class that no cache owns, and the sweeping of them.
//!
//! ```text
//!   unswept --sweep--> swept        all spans of the class are in one of the two
//!                      partial      those of swept with free slots that are not cached
//! ```
//!
//! When marking ends, swept becomes unswept and partial is emptied. Before the next
//! marking begins, every unswept span has been swept (`finish`): two colours tell only
//! two cycles apart.

use super::classes::{CLASSES, SPAN_CLASSES};
use super::span::{Span, SpanRef, Swept};
use super::{specials, stats, world};
use crate::kernel;
use crate::lock::SpinLock;
use crate::sys::PageVec;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};

struct Central {
    unswept: PageVec<SpanRef>,
    swept: PageVec<SpanRef>,
    partial: PageVec<SpanRef>,
}

static CENTRAL: [SpinLock<Central>; SPAN_CLASSES] = [const {
    SpinLock::new(Central {
        unswept: PageVec::new(),
        swept: PageVec::new(),
        partial: PageVec::new(),
    })
}; SPAN_CLASSES];

/// Spans that somebody sweeps at this moment.
static SWEEPING: AtomicUsize = AtomicUsize::new(0);
/// Classes that may have unswept spans, from here on.
static FIRST_UNSWEPT: AtomicUsize = AtomicUsize::new(SPAN_CLASSES);

/// A span with free slots, for a cache. In a region.
pub(crate) fn take(class: usize) -> Option<SpanRef> {
    let span = CENTRAL[class].lock().partial.pop()?;
    span.cached.store(true, Relaxed);
    Some(span)
}

/// A new span, for a cache. In a region.
pub(crate) fn new_span(class: usize) -> SpanRef {
    let span = Span::small(class);
    span.cached.store(true, Relaxed);
    CENTRAL[class].lock().swept.push(span);
    span
}

/// A new span for one large object. In a region.
pub(crate) fn new_large(span_class: usize, bytes: usize) -> SpanRef {
    let span = Span::large(span_class, bytes);
    // The next sweep sees it: by then the object is in it, this region being over.
    CENTRAL[span_class].lock().swept.push(span);
    span
}

/// Takes a span back from a cache. In a region, or in a stop.
pub(crate) fn release(class: usize, span: SpanRef) {
    let _central = CENTRAL[class].lock();
    // Release: a sweeper that sees it sees what was allocated. What free slots it has
    // left are found by the next sweep.
    span.cached.store(false, Release);
}

/// Marking has ended: everything is to be swept. The world is stopped.
pub(crate) fn begin_sweep(stopped: &world::Stopped) {
    specials::begin_settling(stopped);
    for central in &CENTRAL {
        let mut central = central.lock();
        let central = &mut *central;
        debug_assert!(
            central.unswept.is_empty(),
            "a cycle began before the sweep's end"
        );
        std::mem::swap(&mut central.unswept, &mut central.swept);
        central.partial.truncate(0);
    }
    FIRST_UNSWEPT.store(0, SeqCst);
}

/// Sweeps spans of this class until one has free slots for a cache. Outside of regions.
pub(crate) fn sweep_for(class: usize) -> bool {
    let m = kernel::enter_quietly();
    let mut found = false;
    while !found && sweep_one(class, &mut found) {}
    kernel::leave(m);
    found
}

/// Sweeps about `n` spans of any class; `false` when none is left to take. Others may
/// still be sweeping theirs. Outside of regions.
pub(crate) fn sweep_some(n: usize) -> bool {
    let m = kernel::enter_quietly();
    let mut left = n;
    // From here on no cycle can begin and end, in which an old number would count anew.
    SWEEPING.fetch_add(1, SeqCst);
    specials::settle();
    let mut class = FIRST_UNSWEPT.load(SeqCst);
    while class < SPAN_CLASSES && left > 0 {
        if sweep_one(class, &mut false) {
            left -= 1;
        } else {
            let _ = FIRST_UNSWEPT.compare_exchange(class, class + 1, SeqCst, SeqCst);
            class += 1;
        }
    }
    SWEEPING.fetch_sub(1, SeqCst);
    kernel::leave(m);
    left == 0
}

/// Whether there is nothing more to sweep.
pub(crate) fn is_swept() -> bool {
    FIRST_UNSWEPT.load(SeqCst) == SPAN_CLASSES && SWEEPING.load(SeqCst) == 0
}

/// Sweeps everything that is left.
pub(crate) fn finish() {
    while !is_swept() {
        if !sweep_some(64) {
            std::thread::yield_now();
        }
    }
}

/// Sweeps one span of the class; `false` when there is none. `partial` becomes true
/// when it has room for a cache.
fn sweep_one(class: usize, partial: &mut bool) -> bool {
    SWEEPING.fetch_add(1, SeqCst);
    let span = CENTRAL[class].lock().unswept.pop();
    if let Some(span) = span {
        // After it was taken: it may be of a cycle that has ended since we came here, and
        // then what that cycle found dead is settled before a slot is used again.
        specials::settle();
        // The colour changes only after all is swept.
        let swept = span.sweep(world::phase().colour());
        *partial |= put_back(class, span, swept);
        stats::swept(class, span.slot.get(), swept);
    }
    SWEEPING.fetch_sub(1, SeqCst);
    span.is_some()
}

fn put_back(class: usize, span: SpanRef, swept: Swept) -> bool {
    let mut central = CENTRAL[class].lock();
    let central = &mut *central;
    // Relaxed: changes under the lock.
    let cached = span.cached.load(Relaxed);
    let used = swept.live + swept.doomed;
    if used == 0 && !cached && (swept.alone || span.is_empty()) {
        // SAFETY: empty, in no list, in no cache, and no marking begins before we are
        // done.
        unsafe { span.free() };
        return false;
    }
    central.swept.push(span);
    // One that was cached may have been filled meanwhile.
    let room = class >= 3 && !cached && used < span.slots.get();
    if room {
        span.rewind();
        central.partial.push(span);
    }
    room
}

const _: () = assert!(CLASSES * 3 == SPAN_CLASSES);
