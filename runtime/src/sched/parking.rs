//! How Ms go to sleep and are woken, without a wake-up that gets lost: the decisions
//! on words of memory, apart from the system calls around them, so that they can be
//! model-checked (`runtime/models`).
//!
//! **One M's sleep.** An M sleeps on its own word, or, one of them, in the network's
//! queue with the same word saying so:
//!
//! ```text
//!   ASLEEP   on its word, or about to be         POLLING  in the network's queue
//!   WOKEN    with a P (or none: the end), by whoever took it off the idle list
//!   POKED    is to look again at what it sleeps for
//!   ALERTED  is about to be handed a P: it has been told to get up
//!   WATCHING is up and waits for that with open eyes: no system call wakes it
//! ```
//!
//! The system's sleep begins only if the word is still what it was (a futex), so who
//! changes it first and wakes then is never too early. WOKEN comes once and last:
//! it stands until the M has taken what it was handed. A poke may be lost to it, for
//! a thread that was handed a P looks anyway.
//!
//! Waking a sleeping thread takes tens of microseconds on a virtual machine, in which
//! a P that was handed over lies still. So whoever knows that an M will soon be handed
//! one may alert it (`preempt`). It watches for some time, and if nothing comes it lies
//! down again.
//!
//! **Who looks for work.** `spinning` counts the Ms that look and have none. Whoever
//! makes work wakes somebody only if nobody looks: then it counts itself, and that is
//! passed on to the woken. Whoever stops looking says so first and looks once more
//! then. In whatever order the two take place, one of them sees the other:
//!
//! ```text
//!   the maker                      the looker
//!   work is visible (SeqCst)       spinning -= 1 (SeqCst)
//!   spinning == 0? wakes           work? goes on
//! ```
//!
//! **Who sleeps for the timers** announces until when and then looks at them once
//! more, and who arms a timer looks at the announcement afterwards: the same again.

use crate::loom::SeqCstAccess;
use crate::loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::loom::sync::atomic::{AtomicU32, AtomicU64};

/// `M::wake`; see above.
pub(crate) const ASLEEP: u32 = 0;
pub(crate) const WOKEN: u32 = 1;
const POKED: u32 = 2;
const POLLING: u32 = 3;
const ALERTED: u32 = 4;
const WATCHING: u32 = 5;

/// Where the M that is to be woken sleeps, if it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bed {
    Word,
    Network,
    /// It is awake already.
    Nowhere,
}

/// By the M, before anybody can find it: it is about to sleep.
pub(crate) fn lie_down(wake: &AtomicU32) {
    // Relaxed: published by the lock of the list it goes on.
    wake.store(ASLEEP, Relaxed);
}

/// By the M: whether nobody has woken or poked it.
pub(crate) fn still_asleep(wake: &AtomicU32) -> bool {
    wake.load(Acquire) == ASLEEP
}

/// By the M: it sleeps in the network's queue from here on; `false` when it is not to
/// sleep any more.
pub(crate) fn begin_poll(wake: &AtomicU32) -> bool {
    // Release: whoever ends that sleep sees that the M is counted among those who wait in
    // the queue, and so does whoever takes the poke in its place.
    wake.compare_exchange(ASLEEP, POLLING, Release, Relaxed)
        .is_ok()
}

/// By the M: it has come back from there.
pub(crate) fn end_poll(wake: &AtomicU32) {
    // Relaxed: whoever changed it meanwhile is seen by the load that follows.
    let _ = wake.compare_exchange(POLLING, ASLEEP, Relaxed, Relaxed);
}

/// By the M, awake: whether it was woken for good, and may take what it was handed.
pub(crate) fn woken(wake: &AtomicU32) -> bool {
    // Acquire: pairs with the release of whoever hands it a P.
    match wake.load(Acquire) {
        WOKEN => true,
        POKED => {
            // Relaxed: if somebody hands it a P now, the exchange fails.
            let _ = wake.compare_exchange(POKED, ASLEEP, Relaxed, Relaxed);
            false
        }
        _ => false,
    }
}

/// By whoever took it off the idle list and wrote what it is handed: wakes it. The
/// caller ends its sleep there.
pub(crate) fn wake(wake: &AtomicU32) -> Bed {
    // Release: pairs with the acquire in `woken`. Acquire: with the release in `begin_poll`.
    bed(wake.swap(WOKEN, AcqRel))
}

/// By anybody: it is to look again. The caller ends its sleep there, if there is one.
pub(crate) fn poke(wake: &AtomicU32) -> Option<Bed> {
    // AcqRel: as in `wake`. Not from WOKEN: a thread that was handed a P looks anyway.
    wake.fetch_update(AcqRel, Relaxed, |wake| match wake {
        ASLEEP | POLLING | ALERTED | WATCHING => Some(POKED),
        _ => None,
    })
    .ok()
    .map(bed)
}

fn bed(before: u32) -> Bed {
    match before {
        POLLING => Bed::Network,
        WATCHING => Bed::Nowhere,
        _ => Bed::Word,
    }
}

/// By anybody, after what it is to do is written: it is to get up and watch, if it
/// sleeps on its word; the caller ends its sleep there then.
pub(crate) fn alert(wake: &AtomicU32) -> bool {
    // Release: pairs with the acquire in `begin_watch`.
    wake.compare_exchange(ASLEEP, ALERTED, Release, Relaxed)
        .is_ok()
}

/// By the M, up: whether it was alerted; it watches from here on.
pub(crate) fn begin_watch(wake: &AtomicU32) -> bool {
    // Acquire: pairs with the release in `alert`.
    wake.compare_exchange(ALERTED, WATCHING, Acquire, Relaxed)
        .is_ok()
}

/// By the M: whether nothing has come yet.
pub(crate) fn still_watching(wake: &AtomicU32) -> bool {
    // Relaxed: whoever changed it is seen by the load that follows.
    wake.load(Relaxed) == WATCHING
}

/// By the M: it lies down again, unless something has come.
pub(crate) fn end_watch(wake: &AtomicU32) {
    // Relaxed: as above.
    let _ = wake.compare_exchange(WATCHING, ASLEEP, Relaxed, Relaxed);
}

/// By the maker of work, after it is visible: whether to wake somebody. The caller
/// then counts as one who looks, and passes that on or takes it back.
pub(crate) fn nobody_looks(spinning: &AtomicU32) -> bool {
    use crate::loom::sync::atomic::Ordering::SeqCst;
    spinning.sc_load() == 0 && spinning.compare_exchange(0, 1, SeqCst, SeqCst).is_ok()
}

/// By one who looked: it no longer does; how many are left. It looks at all queues
/// once more if it had found nothing.
pub(crate) fn stop_looking(spinning: &AtomicU32) -> u32 {
    spinning.sc_sub(1) - 1
}

/// By the M that sleeps for the timers, with the scheduler's lock: says until when,
/// by `first` of all timers.
pub(crate) fn announce(sleeps_until: &AtomicU64, first: impl Fn() -> u64) -> u64 {
    sleeps_until.sc_store(first());
    // A timer that was added before the store is seen now.
    let until = first();
    sleeps_until.sc_store(until);
    until
}

/// By whoever armed a timer for `when`, after it is visible: whether nobody would wake
/// in time for it.
#[inline]
pub(crate) fn sleeps_too_long(sleeps_until: &AtomicU64, when: u64) -> bool {
    when < sleeps_until.sc_load()
}
