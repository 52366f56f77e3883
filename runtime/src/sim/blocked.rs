//! Who waits for whom, from what a run knew when nothing could move any more.

use super::driver::Driver;
use super::hooks;
use super::record::Happened;
use super::report::{Blocked, DONE, Held, Partner, Place, RESULT};
use super::strategy::id_of;
use crate::debug::Hopeless;
use crate::kernel::{Outlook, WaitReason};
use crate::sched::{GRef, Status};
use std::fmt;
use std::sync::atomic::Ordering::Relaxed;

impl Blocked {
    pub(super) fn of(g: GRef, d: &Driver) -> Blocked {
        let id = id_of(g);
        let object = g.waits_for.load(Relaxed) as usize;
        let locks = |h: &&hooks::Held| h.what != RESULT && h.what != DONE;
        let mut waits_for: Vec<Partner> = (d.held.iter())
            .filter(|h| object != 0 && h.object == object)
            .map(|h| Partner {
                goroutine: u64::from(h.by),
                what: h.what,
                at: h.at.into(),
                ended: !d.is_alive(h.by),
            })
            .collect();
        waits_for.sort_by_key(|p| p.goroutine);
        let mut holds: Vec<Held> = (d.held.iter())
            .filter(|h| h.by == id)
            .filter(locks)
            .map(|h| Held {
                what: h.what,
                at: h.at.into(),
            })
            .collect();
        holds.sort_by_key(|h| h.at);
        Blocked {
            goroutine: u64::from(id),
            reason: g.reason(),
            at: g
                .waits_at()
                .filter(|_| g.status() == Status::Waiting)
                .map(Place::from),
            created_at: g
                .created_at()
                .filter(|_| g.parent.load(Relaxed) != 0)
                .map(Place::from),
            holds,
            waits_for,
            hopeless: hopeless(g),
            other_side: other_side(g, id, object, d),
        }
    }
}

/// Why nobody can end its wait, if that is certain.
fn hopeless(g: GRef) -> Option<Hopeless> {
    if g.status() != Status::Waiting {
        return None;
    }
    // SAFETY: it waits, and the run is over.
    match unsafe { g.outlook() } {
        Outlook::Never(why) => Some(why),
        _ => None,
    }
}

/// Who did on a channel what `g` waits for, as far as the recording goes: the last time
/// of each, latest first.
fn other_side(g: GRef, id: u32, object: usize, d: &Driver) -> Vec<Partner> {
    let (did, waited, what) = match g.reason() {
        WaitReason::ChanReceive => ("send", WaitReason::ChanSend, "sent on"),
        WaitReason::ChanSend => ("receive", WaitReason::ChanReceive, "received from"),
        _ => return Vec::new(),
    };
    let Some(recording) = d.recording.as_ref().filter(|_| object != 0) else {
        return Vec::new();
    };
    let mut partners: Vec<Partner> = Vec::new();
    for event in recording.latest_first() {
        let used = match event.what {
            // What was at this address before was another channel.
            Happened::Gone(gone) if gone == object => break,
            Happened::Did(this, on) => on == object && this == did,
            Happened::Blocked(reason, on) => on == object && reason == waited,
            _ => false,
        };
        let goroutine = u64::from(event.who);
        if let Some(at) = event.at
            && used
            && event.who != id
            && partners.iter().all(|p| p.goroutine != goroutine)
        {
            partners.push(Partner {
                goroutine,
                what,
                at: at.into(),
                ended: !d.is_alive(event.who),
            });
        }
    }
    partners
}

/// Goroutines that wait for each other in a ring, by index, if there is one.
fn find_circle(all: &[Blocked]) -> Option<Vec<usize>> {
    let index = |goroutine: u64| all.iter().position(|b| b.goroutine == goroutine);
    let next = |at: usize| all[at].waits_for.iter().find_map(|p| index(p.goroutine));
    (0..all.len()).find_map(|start| {
        let mut path = vec![start];
        loop {
            let at = next(*path.last()?)?;
            if let Some(first) = path.iter().position(|&p| p == at) {
                return Some(path.split_off(first));
            }
            path.push(at);
        }
    })
}

/// Draws the ring, if there is one.
pub(super) fn circle(f: &mut fmt::Formatter<'_>, all: &[Blocked]) -> fmt::Result {
    let Some(ring) = find_circle(all) else {
        return Ok(());
    };
    if let [alone] = ring[..] {
        let g = all[alone].goroutine;
        return write!(f, "\ngoroutine {g} waits for itself");
    }
    f.write_str("\nthey wait in a circle:")?;
    for (i, &at) in ring.iter().enumerate() {
        let to = all[ring[(i + 1) % ring.len()]].goroutine;
        let b = &all[at];
        let edge = b.waits_for.iter().find(|p| p.goroutine == to);
        let what = edge.map_or("", |p| p.what);
        let mark = if i == 0 { "┌─>" } else { "│  " };
        write!(f, "\n  {mark} goroutine {} waits", b.goroutine)?;
        if let Some(at) = b.at {
            write!(f, " at {at}")?;
        }
        match (what, edge) {
            (RESULT, _) => write!(f, " for the end of goroutine {to}")?,
            (DONE, _) => write!(f, " for the done of goroutine {to}")?,
            (_, Some(p)) => write!(f, " for the {what} that goroutine {to} took at {}", p.at)?,
            _ => write!(f, " for goroutine {to}")?,
        }
    }
    write!(
        f,
        "\n  └── and so on: goroutine {} again",
        all[ring[0]].goroutine
    )
}
