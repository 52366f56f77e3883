//! Data races: two accesses to one variable, one of them a write, and nothing in
//! between that orders them.

use crate::{Case, Ends};
use marmota::race::RaceCell;
use marmota::sync::{Mutex, WaitGroup};
use marmota::time::sleep;
use marmota::{chan, go, spawn};
use std::sync::Arc;
use std::time::Duration;

fn cell<T>(value: T) -> Arc<RaceCell<T>> {
    Arc::new(RaceCell::new(value))
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a counter without a lock",
        ends: Ends::Race,
        bug: || {
            let (count, group) = (cell(0), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || count.update(|n| n + 1));
            }
            group.wait();
        },
        twin: || {
            let (count, lock, group) = (cell(0), Arc::new(Mutex::new(())), WaitGroup::new());
            for _ in 0..2 {
                let (count, lock) = (count.clone(), lock.clone());
                group.go(move || {
                    let _held = lock.lock();
                    count.update(|n| n + 1);
                });
            }
            group.wait();
            assert_eq!(count.get(), 2);
        },
    },
    Case {
        name: "each with a lock of its own",
        ends: Ends::Race,
        bug: || {
            let (count, group) = (cell(0), WaitGroup::new());
            for _ in 0..2 {
                let (count, lock) = (count.clone(), Mutex::new(()));
                group.go(move || {
                    let _held = lock.lock();
                    count.update(|n| n + 1);
                });
            }
            group.wait();
        },
        twin: || {
            let (count, lock, group) = (cell(0), Arc::new(Mutex::new(())), WaitGroup::new());
            for _ in 0..2 {
                let (count, lock) = (count.clone(), lock.clone());
                group.go(move || {
                    let _held = lock.lock();
                    count.update(|n| n + 1);
                });
            }
            group.wait();
        },
    },
    Case {
        name: "a lock for writers only",
        ends: Ends::Race,
        bug: || {
            let (config, lock) = (cell(1), Arc::new(Mutex::new(())));
            let (theirs, their_lock) = (config.clone(), lock.clone());
            go(move || {
                let _held = their_lock.lock();
                theirs.set(2);
            });
            config.get();
        },
        twin: || {
            let (config, lock) = (cell(1), Arc::new(Mutex::new(())));
            let (theirs, their_lock) = (config.clone(), lock.clone());
            go(move || {
                let _held = their_lock.lock();
                theirs.set(2);
            });
            let _held = lock.lock();
            config.get();
        },
    },
    Case {
        name: "a loop variable that all share",
        ends: Ends::Race,
        bug: || {
            let (i, group) = (cell(0), WaitGroup::new());
            while i.get() < 2 {
                let theirs = i.clone();
                group.go(move || assert!(theirs.get() <= 2));
                i.update(|n| n + 1);
            }
            group.wait();
        },
        twin: || {
            let (i, group) = (cell(0), WaitGroup::new());
            while i.get() < 2 {
                let mine = i.get();
                group.go(move || assert!(mine < 2));
                i.update(|n| n + 1);
            }
            group.wait();
        },
    },
    Case {
        name: "a result that is read without waiting",
        ends: Ends::Race,
        bug: || {
            let result = cell(None);
            let theirs = result.clone();
            go(move || theirs.set(Some(42)));
            result.get();
        },
        twin: || {
            let result = cell(None);
            let theirs = result.clone();
            spawn(move || theirs.set(Some(42))).join().unwrap();
            assert_eq!(result.get(), Some(42));
        },
    },
    Case {
        name: "sleeping until it will be there",
        ends: Ends::Race,
        bug: || {
            let result = cell(0);
            let theirs = result.clone();
            go(move || theirs.set(42));
            sleep(Duration::from_secs(1));
            assert_eq!(result.get(), 42);
        },
        twin: || {
            let (result, (done, wait)) = (cell(0), chan::<()>(0));
            let theirs = result.clone();
            go(move || {
                theirs.set(42);
                done.close();
            });
            wait.recv();
            assert_eq!(result.get(), 42);
        },
    },
    Case {
        name: "closing first and writing then",
        ends: Ends::Race,
        bug: || {
            let (result, (done, wait)) = (cell(0), chan::<()>(0));
            let theirs = result.clone();
            go(move || {
                done.close();
                theirs.set(42);
            });
            wait.recv();
            result.get();
        },
        twin: || {
            let (result, (done, wait)) = (cell(0), chan::<()>(0));
            let theirs = result.clone();
            go(move || {
                theirs.set(42);
                done.close();
            });
            wait.recv();
            assert_eq!(result.get(), 42);
        },
    },
    Case {
        name: "done first and writing then",
        ends: Ends::Race,
        bug: || {
            let (result, group) = (cell(0), WaitGroup::new());
            let (theirs, done) = (result.clone(), group.clone());
            group.add(1);
            go(move || {
                done.done();
                theirs.set(42);
            });
            group.wait();
            result.get();
        },
        twin: || {
            let (result, group) = (cell(0), WaitGroup::new());
            let theirs = result.clone();
            group.go(move || theirs.set(42));
            group.wait();
            assert_eq!(result.get(), 42);
        },
    },
    Case {
        name: "a group that counts one of two",
        ends: Ends::Race,
        bug: || {
            let (cells, group) = ([cell(0), cell(0)], WaitGroup::new());
            let (counted, uncounted) = (cells[0].clone(), cells[1].clone());
            group.go(move || counted.set(1));
            go(move || uncounted.set(1));
            group.wait();
            cells.iter().for_each(|c| assert!(c.get() < 2));
        },
        twin: || {
            let (cells, group) = ([cell(0), cell(0)], WaitGroup::new());
            for c in &cells {
                let c = c.clone();
                group.go(move || c.set(1));
            }
            group.wait();
            assert!(cells.iter().all(|c| c.get() == 1));
        },
    },
    Case {
        name: "a buffer where a meeting was meant",
        ends: Ends::Race,
        bug: || {
            let (value, (tx, rx)) = (cell(0), chan(1));
            let theirs = value.clone();
            go(move || {
                theirs.set(1);
                rx.recv();
            });
            tx.send(());
            value.get();
        },
        twin: || {
            let (value, (tx, rx)) = (cell(0), chan(0));
            let theirs = value.clone();
            go(move || {
                theirs.set(1);
                rx.recv();
            });
            tx.send(());
            assert_eq!(value.get(), 1);
        },
    },
    Case {
        name: "a semaphore of two where one was meant",
        ends: Ends::Race,
        bug: || exclusive(2),
        twin: || exclusive(1),
    },
    Case {
        name: "looking twice and locking in between",
        ends: Ends::Race,
        bug: || lazy(true),
        twin: || lazy(false),
    },
    Case {
        name: "a list that two append to",
        ends: Ends::Race,
        bug: || {
            let (list, group) = (cell(Vec::new()), WaitGroup::new());
            for i in 0..2 {
                let list = list.clone();
                group.go(move || {
                    list.update(|mut items| {
                        items.push(i);
                        items
                    });
                });
            }
            group.wait();
        },
        twin: || {
            let (tx, rx) = chan(0);
            let group = WaitGroup::new();
            for i in 0..2 {
                let tx = tx.clone();
                group.go(move || tx.send(i));
            }
            go(move || {
                group.wait();
                tx.close();
            });
            let list = cell(Vec::new());
            for i in rx {
                list.update(|mut items| {
                    items.push(i);
                    items
                });
            }
            assert_eq!(list.get().len(), 2);
        },
    },
    Case {
        name: "a value that is changed after it was handed over",
        ends: Ends::Race,
        bug: || {
            let (tx, rx) = chan(0);
            let reader = spawn(move || {
                let message: Arc<RaceCell<i32>> = rx.recv().unwrap();
                message.get()
            });
            let message = cell(1);
            tx.send(message.clone());
            message.set(2);
            reader.join().unwrap();
        },
        twin: || {
            let (tx, rx) = chan(0);
            let reader = spawn(move || {
                let message: Arc<RaceCell<i32>> = rx.recv().unwrap();
                message.get()
            });
            let message = cell(1);
            message.set(2);
            tx.send(message);
            assert_eq!(reader.join().unwrap(), 2);
        },
    },
    Case {
        name: "a write that happens on some paths only",
        ends: Ends::Race,
        bug: || rarely(false),
        twin: || rarely(true),
    },
];

/// Two goroutines behind a semaphore made of a channel.
fn exclusive(slots: usize) {
    let (count, (take, give), group) = (cell(0), chan(slots), WaitGroup::new());
    for _ in 0..2 {
        let (count, take, give) = (count.clone(), take.clone(), give.clone());
        group.go(move || {
            take.send(());
            count.update(|n| n + 1);
            give.recv();
        });
    }
    group.wait();
}

/// Initialises once; `hasty` looks without the lock first.
fn lazy(hasty: bool) {
    let (value, lock, group) = (cell(None), Arc::new(Mutex::new(())), WaitGroup::new());
    for _ in 0..2 {
        let (value, lock) = (value.clone(), lock.clone());
        group.go(move || {
            if hasty && value.get().is_some() {
                return;
            }
            let _held = lock.lock();
            if value.get().is_none() {
                value.set(Some("made"));
            }
        });
    }
    group.wait();
}

/// The one that loses the race for the token writes; `joined` waits for it first.
fn rarely(joined: bool) {
    let (value, (tx, rx)) = (cell(0), chan(1));
    tx.send(());
    let (theirs, token) = (value.clone(), rx.clone());
    let other = spawn(move || {
        if token.try_recv().is_err() {
            theirs.set(1);
        }
    });
    let won = rx.try_recv().is_ok();
    if joined {
        other.join().unwrap();
        value.get();
    } else if won {
        value.get();
        other.join().unwrap();
    } else {
        other.join().unwrap();
    }
}
