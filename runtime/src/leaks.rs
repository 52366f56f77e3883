//! Goroutines of a live program that wait for ever.
//!
//! Nobody can say of any goroutine whether it will ever go on; of some it is certain
//! that they will not. Handles are counted (`chan::ends`): one that receives from a
//! channel that no handle can send on or close any more, and that no handle ever will,
//! since each is made from another, waits for ever; so do one that sends where nobody can
//! receive, a select all of whose cases are like that, whoever waits for a nil channel,
//! and whoever joins one of these.
//!
//! A report is only ever of those. What it cannot see: handles that another leaked
//! goroutine holds, a lock whose holder never gives it back, a WaitGroup that nobody will
//! count down. A deterministic run sees them all ([`crate::sim`]).
//!
//! To look, the world is stopped (`sched::world`): then no goroutine is inside the
//! runtime, and none that waits is resumed, so what it waits for, which its frame
//! borrows, is there. A thread from outside may be in the middle of an operation; it
//! holds a handle meanwhile, and notes whom it woke before it lets go of it. So the
//! counts are read first, and then whether the goroutine still waits.

use crate::kernel::{self, Outlook, WaitReason};
use crate::sched::m::Kind;
use crate::sched::{G, GRef, Home, MRef, Rt, Status, g};
use crate::sim::{Place, driver};
use crate::sys::PageVec;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Why nobody can end a wait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Hopeless {
    /// It receives, and no handle that could send or close is left.
    NoSender,
    /// It sends, and no handle that could receive is left. (A close could still make
    /// it panic.)
    NoReceiver,
    /// It selects, and no case can ever be ready.
    NoCase,
    /// It waits for a nil channel, or in a select without cases.
    Nil,
    /// It joins a goroutine that waits for ever itself.
    Join,
}

/// A goroutine that waits for ever; by [`leak_report`].
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Leaked {
    /// Its number.
    pub goroutine: u64,
    /// What it waits for.
    pub reason: WaitReason,
    /// Why nobody can end the wait.
    pub why: Hopeless,
    /// The call that waits.
    pub at: Option<Place>,
    /// Where it was started; `None` for main.
    pub created_at: Option<Place>,
    /// Who started it; 0 for main.
    pub parent: u64,
}

/// Goroutines that wait for ever; by [`leak_report`].
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeakReport {
    /// By number.
    pub leaked: Vec<Leaked>,
    /// How many goroutines there were, the leaked ones included.
    pub goroutines: usize,
}

/// Leaked goroutines that wait at one place for one reason and were started at one
/// place.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeakGroup {
    /// How many.
    pub count: usize,
    /// The one with the lowest number.
    pub first: Leaked,
}

/// A [`LeakReport`] by place; by [`leak_profile`].
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LeakProfile {
    /// The largest first.
    pub groups: Vec<LeakGroup>,
    /// How many goroutines leaked.
    pub leaked: usize,
    /// How many goroutines there were, the leaked ones included.
    pub goroutines: usize,
}

/// Finds goroutines of this program that will wait for ever because no handle is left
/// with which anybody could end the wait. It never names one that can still go on; it
/// does not find them all (see the list below).
///
/// Found: a receive from a channel that no [`Sender`](crate::Sender) or
/// [`Chan`](crate::Chan) is left for (dropping closes nothing, so this is a close that
/// was forgotten); a send to a channel that nobody can receive from; a `select` all of
/// whose cases are such; anything on a nil channel; joining one of these. Not found:
/// waits for locks and groups, and channels whose other end belongs to a goroutine that
/// has leaked itself.
///
/// Costs a short stop of the scheduler (code that makes no call of this crate runs on)
/// and a look at every goroutine that waits. On a thread that runs no goroutine the
/// report is empty.
///
/// ```
/// use marmota::{chan, debug, go, runtime};
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = chan::<i32>(0);
///     go(move || {
///         rx.recv();
///     });
///     assert!(debug::leak_report().is_empty()); // tx may still send
///     drop(tx);
///     while debug::leak_report().is_empty() {
///         runtime::gosched(); // until it has come to its receive
///     }
///     println!("{}", debug::leak_report());
/// }
/// ```
///
/// The like of Go 1.26's goroutine leak profile, which asks the collector what can be
/// reached; here handles are counted.
pub fn leak_report() -> LeakReport {
    let (seen, goroutines) = look();
    let mut leaked = hopeless(&seen);
    leaked.sort_by_key(|l| l.goroutine);
    LeakReport { leaked, goroutines }
}

/// [`leak_report`], grouped by the place of the wait and that of the start: a few lines
/// for a leak of thousands.
///
/// ```
/// use marmota::{Chan, debug, go, runtime};
/// #[marmota::main]
/// fn main() {
///     for _ in 0..100 {
///         go(|| Chan::nil().send(0));
///     }
///     while debug::leak_profile().leaked < 100 {
///         runtime::gosched();
///     }
///     let profile = debug::leak_profile();
///     assert_eq!((profile.groups.len(), profile.groups[0].count), (1, 100));
///     println!("{profile}");
/// }
/// ```
pub fn leak_profile() -> LeakProfile {
    let LeakReport { leaked, goroutines } = leak_report();
    let all = leaked.len();
    let mut groups: Vec<LeakGroup> = Vec::new();
    for one in leaked {
        match groups.iter_mut().find(|group| group.first.is_like(&one)) {
            Some(group) => group.count += 1,
            None => groups.push(LeakGroup {
                count: 1,
                first: one,
            }),
        }
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.first.goroutine));
    LeakProfile {
        groups,
        leaked: all,
        goroutines,
    }
}

impl LeakReport {
    /// Whether none was found.
    pub fn is_empty(&self) -> bool {
        self.leaked.is_empty()
    }
}

impl Leaked {
    fn is_like(&self, other: &Leaked) -> bool {
        let key = |l: &Leaked| (l.at, l.created_at, l.reason, l.why);
        key(self) == key(other)
    }

    fn places(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.at {
            write!(f, "\n\t{at}")?;
        }
        if let Some(at) = self.created_at {
            write!(f, "\ncreated by {at}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Hopeless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Hopeless::NoSender => {
                "no handle that can send or close is left; close the channel when no more values will come"
            }
            Hopeless::NoReceiver => {
                "no handle that can receive is left; who stops receiving has to tell who sends"
            }
            Hopeless::NoCase => "none of its cases can ever be ready; add one that ends it",
            Hopeless::Nil => "nothing ever happens there; a nil channel is for switching a case off",
            Hopeless::Join => "the goroutine it joins waits for ever",
        })
    }
}

impl fmt::Display for Leaked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Leaked {
            goroutine,
            reason,
            why,
            parent,
            ..
        } = self;
        write!(f, "goroutine {goroutine} [{reason} (leaked)]: {why}")?;
        self.places(f)?;
        if self.created_at.is_some() {
            write!(f, " in goroutine {parent}")?;
        }
        Ok(())
    }
}

impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (leaked, all) = (self.leaked.len(), self.goroutines);
        write!(f, "{leaked} of {all} goroutines wait for ever")?;
        self.leaked.iter().try_for_each(|l| write!(f, "\n\n{l}"))
    }
}

impl fmt::Display for LeakProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (leaked, all) = (self.leaked, self.goroutines);
        write!(f, "{leaked} of {all} goroutines wait for ever")?;
        for LeakGroup { count, first } in &self.groups {
            let Leaked { reason, why, .. } = first;
            write!(f, "\n\n{count} [{reason} (leaked)]: {why}")?;
            first.places(f)?;
        }
        Ok(())
    }
}

/// A goroutine that waits, as it was when the world stood still.
#[derive(Clone, Copy)]
struct Seen {
    g: GRef,
    id: u64,
    parent: u64,
    reason: WaitReason,
    outlook: Outlook,
    at: Option<Place>,
    created_at: Option<Place>,
}

/// All goroutines that wait, and how many goroutines there are. Called outside the
/// runtime.
fn look() -> (PageVec<Seen>, usize) {
    loop {
        let m = kernel::enter_quietly();
        let seen = match (m.kind.get(), m.rt.get()) {
            (Kind::Parallel, Some(rt)) => stopped(rt, m),
            (Kind::Sim, _) => Some(collect(|g| driver::runs(m, g))),
            _ => Some((PageVec::new(), 0)),
        };
        let rt = m.rt.get();
        kernel::leave(m);
        match seen {
            Some(seen) => return seen,
            None if rt.is_some_and(|rt| rt.has_ended()) => return (PageVec::new(), 0),
            // Another stops the world, and waits for our P.
            None => std::thread::yield_now(),
        }
    }
}

fn stopped(rt: &'static Rt, m: MRef) -> Option<(PageVec<Seen>, usize)> {
    rt.try_stop(Some(m)).then(|| {
        let ours = |g: GRef| {
            g.home.get() == Home::Parallel && g.rt.get().is_some_and(|of| std::ptr::eq(of, rt))
        };
        let seen = collect(ours);
        rt.start_again();
        seen
    })
}

/// Notes those that wait. None of them is resumed meanwhile.
fn collect(ours: impl Fn(GRef) -> bool) -> (PageVec<Seen>, usize) {
    let (mut seen, mut goroutines) = (PageVec::new(), 0);
    g::SLAB.for_each(|g| {
        if g.status() == Status::Free || g.system.get() || !ours(g) {
            return;
        }
        goroutines += 1;
        // Acquire: pairs with the clearing store in the switch: it has left its stack.
        if g.status() != Status::Waiting || g.on_cpu.load(Acquire) {
            return;
        }
        // SAFETY: it waits, and is not resumed meanwhile.
        let outlook = unsafe { g.outlook() };
        if matches!(outlook, Outlook::Open) || g.status() != Status::Waiting {
            return;
        }
        let parent = g.parent.load(Relaxed);
        seen.push(Seen {
            g,
            id: g.id.load(Relaxed),
            parent,
            reason: g.reason(),
            outlook,
            at: g.waits_at().map(Place::from),
            created_at: g.created_at().filter(|_| parent != 0).map(Place::from),
        });
    });
    (seen, goroutines)
}

/// Those that wait for ever: the hopeless, and again and again those that join one.
fn hopeless(seen: &[Seen]) -> Vec<Leaked> {
    let mut why: Vec<Option<Hopeless>> = (seen.iter())
        .map(|s| match s.outlook {
            Outlook::Never(why) => Some(why),
            _ => None,
        })
        .collect();
    let number: HashMap<(*const G, u64), usize> = (seen.iter().enumerate())
        .map(|(i, s)| ((std::ptr::from_ref(s.g), s.id), i))
        .collect();
    let mut more = true;
    while std::mem::take(&mut more) {
        for (i, s) in seen.iter().enumerate() {
            if let Outlook::End(g, id) = s.outlook
                && why[i].is_none()
                && let Some(&joined) = number.get(&(std::ptr::from_ref(g), id))
                && why[joined].is_some()
            {
                why[i] = Some(Hopeless::Join);
                more = true;
            }
        }
    }
    (seen.iter().zip(why))
        .filter_map(|(s, why)| {
            Some(Leaked {
                goroutine: s.id,
                reason: s.reason,
                why: why?,
                at: s.at,
                created_at: s.created_at,
                parent: s.parent,
            })
        })
        .collect()
}
