//! What happened in a failing run, goroutine by goroutine.
//!
//! Rows of text made of a recording, with nothing in them that changes from one
//! replay to the next: no addresses, no clock.

use super::ledger::Ledger;
use super::record::{Event, Happened, Recording};
use super::report::{Place, Verdict};
use std::time::Duration;

/// The course of a failing run, one lane per goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    pub(super) lanes: Vec<Lane>,
    pub(super) rows: Vec<Row>,
    /// Rows left out of a very long run, and before which row.
    pub(super) left_out: usize,
    pub(super) gap: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lane {
    pub(super) goroutine: u32,
    pub(super) created_at: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It did something and goes on.
    Did,
    /// It waits from here on.
    Waits,
    /// It goes on from here; not a row of its own in the terminal.
    Woken,
    /// Its lane ends here.
    Ends,
    /// What the verdict is about.
    Fails,
    /// Time has jumped, for all.
    Time,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The goroutine; 0 for time.
    pub(super) who: u32,
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) at: Option<Place>,
    pub(super) step: u64,
    pub(super) now: Duration,
}

impl Trace {
    pub(super) fn new(recording: Recording, ledger: &Ledger, verdict: &Verdict) -> Trace {
        let (events, left_out) = recording.into_events();
        let mut lanes: Vec<Lane> = (1..=ledger.last())
            .map(|goroutine| Lane {
                goroutine,
                created_at: None,
            })
            .collect();
        for event in &events {
            if let Happened::Started { child } = event.what
                && event.who != 0
                && let Some(lane) = lanes.get_mut(child as usize - 1)
            {
                lane.created_at = event.at.map(Place::from);
            }
        }
        let mut rows: Vec<Row> = Vec::with_capacity(events.len());
        let mut gap = 0;
        for (i, event) in events.iter().enumerate() {
            if i == 1000 && left_out > 0 {
                gap = rows.len();
            }
            rows.extend(row(event, verdict));
        }
        mark_the_stuck(&mut rows, verdict);
        Trace {
            lanes,
            rows,
            left_out,
            gap,
        }
    }

    /// How many goroutines there were.
    pub fn goroutines(&self) -> usize {
        self.lanes.len()
    }

    /// The picture as an SVG file: a lane per goroutine, a tooltip per event, for
    /// light and dark screens. The same run gives the same bytes.
    pub fn svg(&self) -> String {
        super::svg::draw(self)
    }

    /// The picture for a terminal: the interesting part, at most 24 lines.
    pub fn lanes(&self) -> String {
        self.lanes_within(super::lanes::LINES, super::lanes::WIDTH)
    }

    /// As [`lanes`](Trace::lanes), in at most so many lines (but 3) of about so many
    /// characters: for a place with less room.
    pub fn lanes_within(&self, lines: usize, width: usize) -> String {
        super::lanes::draw(self, lines, width)
    }
}

fn row(event: &Event, verdict: &Verdict) -> Option<Row> {
    let now = Duration::from_nanos(event.now);
    let (kind, text) = match event.what {
        // The first goroutine, which nobody starts.
        Happened::Started { .. } if event.who == 0 => return None,
        Happened::Started { child } => (Kind::Did, format!("go {child}")),
        Happened::Did(what, _) => (Kind::Did, what.to_owned()),
        Happened::Blocked(reason, _) => (Kind::Waits, format!("waits: {reason}")),
        Happened::Woken { by: 0 } => (Kind::Woken, "woken by a timer".to_owned()),
        Happened::Woken { by } => (Kind::Woken, format!("woken by {by}")),
        Happened::Ended => (Kind::Ends, "ends".to_owned()),
        Happened::Panicked => (Kind::Fails, "panics".to_owned()),
        Happened::Raced => (Kind::Fails, "RACE".to_owned()),
        Happened::Gone(_) => return None,
        Happened::TimePassed => (Kind::Time, format!("time is now {now:?}")),
    };
    let at = match (event.what, verdict) {
        (Happened::Raced, Verdict::Race(race)) => Some(race.current.at),
        // A place inside the standard library (an iterator's loop) helps nobody.
        _ => event.at.map(Place::from).filter(|at| !at.is_in_std()),
    };
    Some(Row {
        who: event.who,
        kind,
        text,
        at,
        step: event.step,
        now,
    })
}

/// The last wait of each goroutine that a deadlock or a leak is about.
fn mark_the_stuck(rows: &mut [Row], verdict: &Verdict) {
    let (Verdict::Deadlock(all) | Verdict::Leak(all)) = verdict else {
        return;
    };
    for blocked in all {
        let last = rows
            .iter_mut()
            .rfind(|r| u64::from(r.who) == blocked.goroutine && r.kind != Kind::Woken);
        if let Some(row) = last.filter(|r| r.kind == Kind::Waits) {
            row.kind = Kind::Fails;
            row.text = format!("STUCK: {}", blocked.reason);
        }
    }
}

/// A file's own name and the line: what fits in a lane.
pub(super) fn short(at: Place) -> String {
    let name = at.file.rsplit(['/', '\\']).next().unwrap_or(at.file);
    format!("{name}:{}", at.line)
}
