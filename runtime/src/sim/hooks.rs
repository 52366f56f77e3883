//! What primitives tell a deterministic run, for its reports.
//!
//! ```text
//!   took, gave     a lock, or a debt (a result that is joined): who holds it
//!   waits_on       what the current goroutine is about to wait for
//!   note           an operation took effect: a line of the lane picture
//! ```
//!
//! Each is one predictable branch outside of such runs (the race detector's).
//! Objects are known by their address, which is never shown.

use super::driver::{self, Driver};
use super::record::Happened;
use super::strategy::id_of;
use crate::sched::m::Kind;
use crate::sched::{GRef, MRef};
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// That goroutine `by` holds `what`, since `at`.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) object: usize,
    pub(crate) by: u32,
    pub(crate) what: &'static str,
    pub(crate) at: &'static Location<'static>,
}

#[inline(always)]
fn watched<'a>(m: MRef) -> Option<&'a mut Driver> {
    if m.watched.get() {
        deterministic(m)
    } else {
        None
    }
}

#[inline(never)]
fn deterministic<'a>(m: MRef) -> Option<&'a mut Driver> {
    (m.kind.get() == Kind::Sim).then(|| driver::driver(m))
}

fn current(m: MRef) -> u32 {
    m.g.get().map_or(0, id_of)
}

/// The current goroutine took a lock: `did` is the line of the lane picture
/// ("lock"), `what` names the thing in "holds the …" ("mutex").
#[inline(always)]
pub(crate) fn took(
    m: MRef,
    object: *const (),
    did: &'static str,
    what: &'static str,
    at: &'static Location<'static>,
) {
    if let Some(d) = watched(m) {
        took_by(d, object, current(m), what, at);
        d.event(current(m), Happened::Did(did, object.addr()), Some(at));
    }
}

fn took_by(
    d: &mut Driver,
    object: *const (),
    by: u32,
    what: &'static str,
    at: &'static Location<'static>,
) {
    d.held.push(Held {
        object: object.addr(),
        by,
        what,
        at,
    });
}

/// The goroutine that was started last owes `object` something (a result, a
/// `done`): whoever waits for it waits for that goroutine.
#[inline(always)]
pub(crate) fn last_started_owes(
    m: MRef,
    object: *const (),
    what: &'static str,
    at: &'static Location<'static>,
) {
    if let Some(d) = watched(m) {
        let last = d.ledger.last();
        took_by(d, object, last, what, at);
    }
}

/// A lock was given back, or a debt paid: the current goroutine's if it has one
/// on this object, else anybody's (a guard may have been handed on). What nobody
/// was known to hold is not noted.
#[inline(always)]
pub(crate) fn gave(m: MRef, object: *const (), did: &'static str) {
    if let Some(d) = watched(m) {
        let me = current(m);
        let ours = |h: &Held| h.object == object.addr();
        let at = (d.held.iter().rposition(|h| ours(h) && h.by == me))
            .or_else(|| d.held.iter().rposition(ours));
        if let Some(at) = at {
            d.held.swap_remove(at);
            d.event(me, Happened::Did(did, object.addr()), None);
        }
    }
}

/// The current goroutine is about to wait for `object`. Called after its waiter
/// was made.
#[inline(always)]
pub(crate) fn waits_on(m: MRef, object: *const ()) {
    if watched(m).is_some() {
        m.g().waits_for.store(object.addr() as u64, Relaxed);
    }
}

/// The current goroutine did something worth a line in the lane picture.
#[inline(always)]
pub(crate) fn note(
    m: MRef,
    did: &'static str,
    object: *const (),
    at: Option<&'static Location<'static>>,
) {
    if let Some(d) = watched(m)
        && d.recording.is_some()
    {
        d.event(current(m), Happened::Did(did, object.addr()), at);
    }
}

/// The object at this address is no more. Called outside the runtime.
#[inline(always)]
pub(crate) fn gone(object: *const ()) {
    crate::race::watching(|m| {
        if let Some(d) = watched(m) {
            d.event(current(m), Happened::Gone(object.addr()), None);
        }
    });
}

/// As [`note`], for a goroutine that waited and whose operation has been carried
/// out by the current one.
#[inline(always)]
#[allow(dead_code, reason = "for primitives that hand over")]
pub(crate) fn note_for(m: MRef, g: GRef, did: &'static str, object: *const ()) {
    if let Some(d) = watched(m) {
        d.event(id_of(g), Happened::Did(did, object.addr()), None);
    }
}
