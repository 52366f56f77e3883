//! Atomics: each access is whole, but two of them are not one. The standard
//! library's atomics are no points of their own, so `gosched` marks where another
//! goroutine may come in between.

use crate::{Case, Ends};
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{go, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};

fn twice(f: impl Fn(usize) + Clone + Send + 'static) {
    let group = WaitGroup::new();
    for i in 0..2 {
        let f = f.clone();
        group.go(move || f(i));
    }
    group.wait();
}

/// How many are inside at once.
#[derive(Default)]
struct Room(AtomicU32);

impl Room {
    fn visit(&self) {
        assert_eq!(self.0.fetch_add(1, SeqCst), 0, "two inside at once");
        gosched();
        self.0.fetch_sub(1, SeqCst);
    }
}

fn counter(add: fn(&AtomicU32)) {
    let count = Arc::new(AtomicU32::new(0));
    let theirs = count.clone();
    twice(move |_| add(&theirs));
    assert_eq!(count.load(SeqCst), 2, "an update is lost");
}

fn spin_lock(lock: fn(&AtomicBool)) {
    let (taken, room) = (Arc::new(AtomicBool::new(false)), Arc::new(Room::default()));
    twice(move |_| {
        lock(&taken);
        room.visit();
        taken.store(false, SeqCst);
    });
}

fn once(claim: fn(&AtomicBool) -> bool) {
    let (claimed, made) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let theirs = made.clone();
    twice(move |_| {
        if claim(&claimed) {
            theirs.fetch_add(1, SeqCst);
        }
    });
    assert_eq!(made.load(SeqCst), 1, "done twice");
}

/// Two flags that say who wants to enter; `turn` breaks the tie.
fn flags(turn: Option<Arc<AtomicUsize>>) {
    let wants = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let room = Arc::new(Room::default());
    twice(move |me| {
        let other = 1 - me;
        wants[me].store(true, SeqCst);
        gosched();
        if let Some(turn) = &turn {
            turn.store(other, SeqCst);
            gosched();
        }
        let may_not =
            || wants[other].load(SeqCst) && turn.as_ref().is_none_or(|t| t.load(SeqCst) == other);
        while may_not() {
            gosched();
        }
        room.visit();
        wants[me].store(false, SeqCst);
    });
}

fn tickets(draw: fn(&AtomicU32) -> u32) {
    let (next, serving) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let room = Arc::new(Room::default());
    twice(move |_| {
        let mine = draw(&next);
        while serving.load(SeqCst) != mine {
            gosched();
        }
        room.visit();
        serving.fetch_add(1, SeqCst);
    });
}

fn publish(write: fn(&AtomicU32, &AtomicBool)) {
    let (data, ready) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let (theirs, flag) = (data.clone(), ready.clone());
    let writer = spawn(move || write(&theirs, &flag));
    while !ready.load(SeqCst) {
        gosched();
    }
    assert_eq!(data.load(SeqCst), 42, "published too early");
    writer.join().unwrap();
}

fn stop(set: bool) {
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = stop.clone();
    let worker = spawn(move || {
        while !theirs.load(SeqCst) {
            gosched();
        }
    });
    if set {
        stop.store(true, SeqCst);
    }
    worker.join().unwrap();
}

/// The highest value seen, kept by several.
fn highest(raise: fn(&AtomicU32, u32)) {
    let top = Arc::new(AtomicU32::new(0));
    let theirs = top.clone();
    twice(move |i| raise(&theirs, 10 * (i as u32 + 1)));
    assert_eq!(top.load(SeqCst), 20, "the highest is lost");
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a counter that loads and stores",
        ends: Ends::Panic("an update is lost"),
        bug: || {
            counter(|n| {
                let seen = n.load(SeqCst);
                gosched();
                n.store(seen + 1, SeqCst);
            });
        },
        twin: || {
            counter(|n| {
                gosched();
                n.fetch_add(1, SeqCst);
            });
        },
    },
    Case {
        name: "a spin lock that looks and then takes",
        ends: Ends::Panic("two inside at once"),
        bug: || {
            spin_lock(|taken| {
                while taken.load(SeqCst) {
                    gosched();
                }
                gosched();
                taken.store(true, SeqCst);
            });
        },
        twin: || {
            spin_lock(|taken| {
                while taken.swap(true, SeqCst) {
                    gosched();
                }
            });
        },
    },
    Case {
        name: "a claim that looks and then writes",
        ends: Ends::Panic("done twice"),
        bug: || {
            once(|claimed| {
                let free = !claimed.load(SeqCst);
                gosched();
                claimed.store(true, SeqCst);
                free
            });
        },
        twin: || once(|claimed| !claimed.swap(true, SeqCst)),
    },
    Case {
        name: "two polite flags without a turn",
        ends: Ends::Livelock,
        bug: || flags(None),
        twin: || flags(Some(Arc::new(AtomicUsize::new(0)))),
    },
    Case {
        name: "a ticket drawn twice",
        ends: Ends::Panic("two inside at once"),
        bug: || {
            tickets(|next| {
                let mine = next.load(SeqCst);
                gosched();
                next.store(mine + 1, SeqCst);
                mine
            });
        },
        twin: || tickets(|next| next.fetch_add(1, SeqCst)),
    },
    Case {
        name: "a flag that is raised before the data is there",
        ends: Ends::Panic("published too early"),
        bug: || {
            publish(|data, ready| {
                ready.store(true, SeqCst);
                gosched();
                data.store(42, SeqCst);
            });
        },
        twin: || {
            publish(|data, ready| {
                data.store(42, SeqCst);
                gosched();
                ready.store(true, SeqCst);
            });
        },
    },
    Case {
        name: "a stop flag that nobody sets",
        ends: Ends::Livelock,
        bug: || stop(false),
        twin: || stop(true),
    },
    Case {
        name: "a maximum that is compared and then stored",
        ends: Ends::Panic("the highest is lost"),
        bug: || {
            highest(|top, mine| {
                if top.load(SeqCst) < mine {
                    gosched();
                    top.store(mine, SeqCst);
                }
            });
        },
        twin: || {
            highest(|top, mine| {
                gosched();
                top.fetch_max(mine, SeqCst);
            });
        },
    },
    Case {
        name: "main that looks without waiting",
        ends: Ends::Panic("nobody waited"),
        bug: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            go(move || theirs.store(true, SeqCst));
            assert!(done.load(SeqCst), "nobody waited");
        },
        twin: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            spawn(move || theirs.store(true, SeqCst)).join().unwrap();
            assert!(done.load(SeqCst), "nobody waited");
        },
    },
];
