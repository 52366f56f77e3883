//! Time: sleeping in place of waiting, and what a timeout leaves behind. Virtual
//! time makes each of these exact: a sleep never takes longer than it says.

use crate::{Case, Ends};
use marmota::runtime::gosched;
use marmota::sync::{Mutex, WaitGroup};
use marmota::time::{after, now, sleep};
use marmota::{chan, go, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "sleeping instead of waiting",
        ends: Ends::Panic("not done yet"),
        bug: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            go(move || {
                sleep(2 * SECOND);
                theirs.store(true, SeqCst);
            });
            sleep(SECOND);
            assert!(done.load(SeqCst), "not done yet");
        },
        twin: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            let worker = spawn(move || {
                sleep(2 * SECOND);
                theirs.store(true, SeqCst);
            });
            worker.join().unwrap();
            assert!(done.load(SeqCst), "not done yet");
        },
    },
    Case {
        name: "sleeping exactly as long as the work takes",
        ends: Ends::Panic("not done yet"),
        bug: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            go(move || {
                sleep(SECOND);
                theirs.store(true, SeqCst);
            });
            sleep(SECOND);
            assert!(done.load(SeqCst), "not done yet");
        },
        twin: || {
            let done = Arc::new(AtomicBool::new(false));
            let theirs = done.clone();
            go(move || {
                sleep(SECOND);
                theirs.store(true, SeqCst);
            });
            sleep(SECOND);
            marmota::sim::wait();
            assert!(done.load(SeqCst), "not done yet");
        },
    },
    Case {
        name: "two that sleep equally long, in an assumed order",
        ends: Ends::Panic("left: [2, 1]"),
        bug: || {
            let (log, group) = (Arc::new(Mutex::new(Vec::new())), WaitGroup::new());
            for i in [1, 2] {
                let log = log.clone();
                group.go(move || {
                    sleep(SECOND);
                    log.lock().push(i);
                });
            }
            group.wait();
            assert_eq!(*log.lock(), [1, 2]);
        },
        twin: || {
            let (log, group) = (Arc::new(Mutex::new(Vec::new())), WaitGroup::new());
            for i in [1, 2] {
                let log = log.clone();
                group.go(move || {
                    sleep(SECOND * i);
                    log.lock().push(i);
                });
            }
            group.wait();
            assert_eq!(*log.lock(), [1, 2]);
        },
    },
    Case {
        name: "an answer that comes after the timeout",
        ends: Ends::Leak,
        bug: || {
            let (tx, rx) = chan(0);
            go(move || {
                sleep(2 * SECOND);
                tx.send("late");
            });
            after(SECOND).recv();
            if rx.try_recv().is_err() {
                // Main goes on for a while, without the answer.
                sleep(5 * SECOND);
            }
        },
        twin: || {
            let (tx, rx) = chan(1);
            go(move || {
                sleep(2 * SECOND);
                tx.send("late");
            });
            after(SECOND).recv();
            if rx.try_recv().is_err() {
                sleep(5 * SECOND);
            }
        },
    },
    Case {
        name: "a periodic goroutine that nobody stops",
        ends: Ends::Leak,
        bug: || {
            go(|| {
                loop {
                    sleep(SECOND);
                }
            });
            sleep(3 * SECOND);
        },
        twin: || {
            let stop = Arc::new(AtomicBool::new(false));
            let theirs = stop.clone();
            let periodic = spawn(move || {
                while !theirs.load(SeqCst) {
                    sleep(SECOND);
                }
            });
            sleep(3 * SECOND);
            stop.store(true, SeqCst);
            periodic.join().unwrap();
        },
    },
    Case {
        name: "work and its deadline at the same moment",
        ends: Ends::Panic("late"),
        bug: || deadline(SECOND),
        twin: || deadline(SECOND - Duration::from_millis(1)),
    },
    Case {
        name: "a timer that is read twice",
        ends: Ends::Deadlock,
        bug: || {
            let timer = after(SECOND);
            timer.recv();
            timer.recv();
        },
        twin: || {
            after(SECOND).recv();
            after(SECOND).recv();
        },
    },
    Case {
        name: "polling for a time that only waiting would bring",
        ends: Ends::Livelock,
        bug: || {
            let start = now();
            while start.elapsed() < SECOND {
                gosched();
            }
        },
        twin: || {
            let start = now();
            while start.elapsed() < SECOND {
                sleep(Duration::from_millis(100));
            }
        },
    },
    Case {
        name: "a rest that is taken with the lock in hand",
        ends: Ends::Panic("kept waiting"),
        bug: || {
            let state = Arc::new(Mutex::new(()));
            let theirs = state.clone();
            let lazy = spawn(move || {
                let _held = theirs.lock();
                sleep(SECOND);
            });
            sleep(SECOND / 2);
            let asked = now();
            drop(state.lock());
            assert!(asked.elapsed().is_zero(), "kept waiting");
            lazy.join().unwrap();
        },
        twin: || {
            let state = Arc::new(Mutex::new(()));
            let theirs = state.clone();
            let lazy = spawn(move || {
                drop(theirs.lock());
                sleep(SECOND);
            });
            sleep(SECOND / 2);
            let asked = now();
            drop(state.lock());
            assert!(asked.elapsed().is_zero(), "kept waiting");
            lazy.join().unwrap();
        },
    },
];

/// The work must be there when the deadline has passed.
fn deadline(work: Duration) {
    let (tx, rx) = chan(1);
    go(move || {
        sleep(work);
        tx.send(());
    });
    after(SECOND).recv();
    assert!(rx.try_recv().is_ok(), "late");
}
