//! The rest of `sync` and `context`: signals that are missed, locks that are
//! upgraded, cancellations that are forgotten.

use crate::{Case, Ends};
use marmota::context::{background, with_cancel};
use marmota::sync::atomic::Int32;
use marmota::sync::{Cond, Mutex, Once, RwMutex, Semaphore, WaitGroup};
use marmota::{chan, go, spawn};
use std::sync::Arc;

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "waiting for a signal without looking first",
        ends: Ends::Deadlock,
        bug: || {
            let both = Arc::new((Mutex::new(()), Cond::new()));
            let theirs = both.clone();
            go(move || theirs.1.signal());
            let mut held = both.0.lock();
            both.1.wait(&mut held);
        },
        twin: || {
            let both = Arc::new((Mutex::new(false), Cond::new()));
            let theirs = both.clone();
            go(move || {
                *theirs.0.lock() = true;
                theirs.1.signal();
            });
            let mut ready = both.0.lock();
            both.1.wait_while(&mut ready, |ready| !*ready);
        },
    },
    Case {
        name: "looking once after a wake-up",
        ends: Ends::Panic("nothing there"),
        bug: || consumers(false, true),
        twin: || consumers(true, true),
    },
    Case {
        name: "one signal for two who wait",
        ends: Ends::Deadlock,
        bug: || gate(false),
        twin: || gate(true),
    },
    Case {
        name: "a reader that wants to write and keeps reading",
        ends: Ends::Deadlock,
        bug: || {
            let lock = RwMutex::new(0);
            let seen = lock.read();
            *lock.write() += 1;
            drop(seen);
        },
        twin: || {
            let lock = RwMutex::new(0);
            drop(lock.read());
            *lock.write() += 1;
        },
    },
    Case {
        name: "reading again while a writer waits",
        ends: Ends::Deadlock,
        bug: || {
            let lock = Arc::new(RwMutex::new(0));
            let theirs = lock.clone();
            let writer = spawn(move || *theirs.write() += 1);
            {
                let _outer = lock.read();
                let _inner = lock.read();
            }
            writer.join().unwrap();
        },
        twin: || {
            let lock = Arc::new(RwMutex::new(0));
            let theirs = lock.clone();
            let writer = spawn(move || *theirs.write() += 1);
            drop(lock.read());
            drop(lock.read());
            writer.join().unwrap();
        },
    },
    Case {
        name: "a goroutine whose context is never cancelled",
        ends: Ends::Leak,
        bug: || {
            let (context, cancel) = with_cancel(&background());
            go(move || assert!(context.done().recv().is_none()));
            std::mem::forget(cancel);
        },
        twin: || {
            let (context, cancel) = with_cancel(&background());
            go(move || assert!(context.done().recv().is_none()));
            cancel.cancel();
        },
    },
    Case {
        name: "a token that is not given back",
        ends: Ends::Deadlock,
        bug: || {
            let tokens = Semaphore::new(1);
            let theirs = tokens.clone();
            spawn(move || theirs.acquire(&background(), 1).unwrap())
                .join()
                .unwrap();
            tokens.acquire(&background(), 1).unwrap();
        },
        twin: || {
            let tokens = Semaphore::new(1);
            let theirs = tokens.clone();
            spawn(move || {
                theirs.acquire(&background(), 1).unwrap();
                theirs.release(1);
            })
            .join()
            .unwrap();
            tokens.acquire(&background(), 1).unwrap();
        },
    },
    Case {
        name: "an initialisation that needs itself",
        ends: Ends::Deadlock,
        bug: || {
            let once = Arc::new(Once::new());
            let inner = once.clone();
            once.call_once(|| inner.call_once(|| {}));
        },
        twin: || {
            let (outer, inner) = (Once::new(), Once::new());
            outer.call_once(|| inner.call_once(|| {}));
        },
    },
    Case {
        name: "an atomic that is read and then written",
        ends: Ends::Panic("an update is lost"),
        bug: || {
            let (count, group) = (Arc::new(Int32::new(0)), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || count.store(count.load() + 1));
            }
            group.wait();
            assert_eq!(count.load(), 2, "an update is lost");
        },
        twin: || {
            let (count, group) = (Arc::new(Int32::new(0)), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || assert!(count.add(1) > 0));
            }
            group.wait();
            assert_eq!(count.load(), 2, "an update is lost");
        },
    },
];

/// Two consumers wait for items, and one item wakes both.
fn consumers(look_again: bool, broadcast: bool) {
    let both = Arc::new((Mutex::new(Vec::new()), Cond::new()));
    let group = WaitGroup::new();
    for _ in 0..2 {
        let both = both.clone();
        group.go(move || {
            let mut items = both.0.lock();
            if look_again {
                both.1.wait_while(&mut items, |items| items.is_empty());
            } else if items.is_empty() {
                both.1.wait(&mut items);
            }
            items.pop().expect("nothing there");
        });
    }
    for item in 0..2 {
        both.0.lock().push(item);
        if broadcast {
            both.1.broadcast();
        }
    }
    group.wait();
}

/// Two wait behind a gate that is opened once.
fn gate(for_all: bool) {
    let both = Arc::new((Mutex::new(false), Cond::new()));
    let group = WaitGroup::new();
    let (passed_in, passed) = chan(2);
    for _ in 0..2 {
        let (both, passed_in) = (both.clone(), passed_in.clone());
        group.go(move || {
            let mut open = both.0.lock();
            both.1.wait_while(&mut open, |open| !*open);
            passed_in.send(());
        });
    }
    *both.0.lock() = true;
    if for_all {
        both.1.broadcast();
    } else {
        both.1.signal();
    }
    group.wait();
    assert_eq!(passed.len(), 2);
}
