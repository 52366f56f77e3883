//! Locks: wrong order, too long, too short, not at all.

use crate::{Case, Ends};
use marmota::runtime::gosched;
use marmota::sync::{Mutex, WaitGroup};
use marmota::{chan, go, spawn};
use std::sync::Arc;

fn shared<T>(value: T) -> Arc<Mutex<T>> {
    Arc::new(Mutex::new(value))
}

fn philosophers(last_is_left_handed: bool) {
    let forks: Vec<_> = (0..3).map(|_| shared(())).collect();
    let group = WaitGroup::new();
    for i in 0..3 {
        let (mut first, mut second) = (forks[i].clone(), forks[(i + 1) % 3].clone());
        if i == 2 && last_is_left_handed {
            std::mem::swap(&mut first, &mut second);
        }
        group.go(move || {
            let _first = first.lock();
            let _second = second.lock();
        });
    }
    group.wait();
}

/// Moves money both ways at once; `ordered` locks the lower number first.
fn transfers(ordered: bool) {
    let accounts = [shared(100), shared(100)];
    let group = WaitGroup::new();
    for (from, to) in [(0, 1), (1, 0)] {
        let accounts = accounts.clone();
        group.go(move || {
            let (low, high) = if ordered {
                (from.min(to), from.max(to))
            } else {
                (from, to)
            };
            let mut low_held = accounts[low].lock();
            let mut high_held = accounts[high].lock();
            let amount = if low == from { 10 } else { -10 };
            *low_held -= amount;
            *high_held += amount;
        });
    }
    group.wait();
    assert_eq!(*accounts[0].lock() + *accounts[1].lock(), 200);
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "two locks in opposite orders",
        ends: Ends::Deadlock,
        bug: || {
            let (a, b) = (shared(()), shared(()));
            let (a2, b2) = (a.clone(), b.clone());
            let other = spawn(move || {
                let _b = b2.lock();
                let _a = a2.lock();
            });
            {
                let _a = a.lock();
                let _b = b.lock();
            }
            other.join().unwrap();
        },
        twin: || {
            let (a, b) = (shared(()), shared(()));
            let (a2, b2) = (a.clone(), b.clone());
            let other = spawn(move || {
                let _a = a2.lock();
                let _b = b2.lock();
            });
            {
                let _a = a.lock();
                let _b = b.lock();
            }
            other.join().unwrap();
        },
    },
    Case {
        name: "three philosophers",
        ends: Ends::Deadlock,
        bug: || philosophers(false),
        twin: || philosophers(true),
    },
    Case {
        name: "transfers that lock in the order of their arguments",
        ends: Ends::Deadlock,
        bug: || transfers(false),
        twin: || transfers(true),
    },
    Case {
        name: "a lock taken twice by one goroutine",
        ends: Ends::Deadlock,
        bug: || {
            let count = Mutex::new(0);
            let mut held = count.lock();
            *held += 1;
            *count.lock() += 1;
            drop(held);
        },
        twin: || {
            let count = Mutex::new(0);
            *count.lock() += 1;
            *count.lock() += 1;
        },
    },
    Case {
        name: "a callback that takes the lock its caller holds",
        ends: Ends::Deadlock,
        bug: || {
            let list = shared(vec![1, 2]);
            let each = |f: &dyn Fn(i32)| list.lock().iter().for_each(|&n| f(n));
            each(&|_| drop(list.lock()));
        },
        twin: || {
            let list = shared(vec![1, 2]);
            let each = |f: &dyn Fn(i32)| {
                let copy = list.lock().clone();
                copy.into_iter().for_each(f);
            };
            each(&|_| drop(list.lock()));
        },
    },
    Case {
        name: "a guard that lives as long as the match",
        ends: Ends::Deadlock,
        bug: || {
            let queue = Mutex::new(vec![1]);
            if let Some(n) = queue.lock().pop() {
                queue.lock().push(n + 1);
            }
        },
        twin: || {
            let queue = Mutex::new(vec![1]);
            let popped = queue.lock().pop();
            if let Some(n) = popped {
                queue.lock().push(n + 1);
            }
        },
    },
    Case {
        name: "a lock held while sending to one who needs it",
        ends: Ends::Deadlock,
        bug: || {
            let total = shared(0);
            let (tx, rx) = chan(0);
            let theirs = total.clone();
            let adder = spawn(move || {
                for n in rx {
                    *theirs.lock() += n;
                }
            });
            for n in 0..2 {
                let _held = total.lock();
                tx.send(n);
            }
            tx.close();
            adder.join().unwrap();
        },
        twin: || {
            let total = shared(0);
            let (tx, rx) = chan(0);
            let theirs = total.clone();
            let adder = spawn(move || {
                for n in rx {
                    *theirs.lock() += n;
                }
            });
            for n in 0..2 {
                drop(total.lock());
                tx.send(n);
            }
            tx.close();
            adder.join().unwrap();
        },
    },
    Case {
        name: "a lock held while receiving from one who needs it",
        ends: Ends::Deadlock,
        bug: || {
            let config = shared(7);
            let (tx, rx) = chan(0);
            let theirs = config.clone();
            go(move || {
                let n = *theirs.lock();
                tx.send(n);
            });
            let held = config.lock();
            assert_eq!(rx.recv(), Some(*held));
        },
        twin: || {
            let config = shared(7);
            let (tx, rx) = chan(0);
            let theirs = config.clone();
            go(move || {
                let n = *theirs.lock();
                tx.send(n);
            });
            assert_eq!(rx.recv(), Some(7));
            drop(config.lock());
        },
    },
    Case {
        name: "a lock held while joining one who needs it",
        ends: Ends::Deadlock,
        bug: || {
            let total = shared(0);
            let theirs = total.clone();
            let adder = spawn(move || *theirs.lock() += 1);
            let held = total.lock();
            adder.join().unwrap();
            drop(held);
        },
        twin: || {
            let total = shared(0);
            let theirs = total.clone();
            let adder = spawn(move || *theirs.lock() += 1);
            drop(total.lock());
            adder.join().unwrap();
        },
    },
    Case {
        name: "a lock held while waiting for a group that needs it",
        ends: Ends::Deadlock,
        bug: || {
            let (total, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let total = total.clone();
                group.go(move || *total.lock() += 1);
            }
            let held = total.lock();
            group.wait();
            drop(held);
        },
        twin: || {
            let (total, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let total = total.clone();
                group.go(move || *total.lock() += 1);
            }
            group.wait();
            assert_eq!(*total.lock(), 2);
        },
    },
    Case {
        name: "a lock that an early return never gives back",
        ends: Ends::Deadlock,
        bug: || {
            let state = shared(0);
            let theirs = state.clone();
            let first = spawn(move || std::mem::forget(theirs.lock()));
            first.join().unwrap();
            *state.lock() += 1;
        },
        twin: || {
            let state = shared(0);
            let theirs = state.clone();
            let first = spawn(move || drop(theirs.lock()));
            first.join().unwrap();
            *state.lock() += 1;
        },
    },
    Case {
        name: "checking under one lock and acting under the next",
        ends: Ends::Panic("overdrawn"),
        bug: || {
            let (balance, group) = (shared(100), WaitGroup::new());
            for _ in 0..2 {
                let balance = balance.clone();
                group.go(move || {
                    if *balance.lock() >= 80 {
                        *balance.lock() -= 80;
                    }
                });
            }
            group.wait();
            assert!(*balance.lock() >= 0, "overdrawn");
        },
        twin: || {
            let (balance, group) = (shared(100), WaitGroup::new());
            for _ in 0..2 {
                let balance = balance.clone();
                group.go(move || {
                    let mut balance = balance.lock();
                    if *balance >= 80 {
                        *balance -= 80;
                    }
                });
            }
            group.wait();
            assert!(*balance.lock() >= 0, "overdrawn");
        },
    },
    Case {
        name: "reading under one lock and writing under the next",
        ends: Ends::Panic("an update is lost"),
        bug: || {
            let (count, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || {
                    let seen = *count.lock();
                    *count.lock() = seen + 1;
                });
            }
            group.wait();
            assert_eq!(*count.lock(), 2, "an update is lost");
        },
        twin: || {
            let (count, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || *count.lock() += 1);
            }
            group.wait();
            assert_eq!(*count.lock(), 2, "an update is lost");
        },
    },
    Case {
        name: "initialising outside of the lock that was looked under",
        ends: Ends::Panic("made twice"),
        bug: || {
            let (slot, made, group) = (shared(None), shared(0), WaitGroup::new());
            for _ in 0..2 {
                let (slot, made) = (slot.clone(), made.clone());
                group.go(move || {
                    if slot.lock().is_none() {
                        *made.lock() += 1;
                        *slot.lock() = Some("connection");
                    }
                });
            }
            group.wait();
            assert_eq!(*made.lock(), 1, "made twice");
        },
        twin: || {
            let (slot, made, group) = (shared(None), shared(0), WaitGroup::new());
            for _ in 0..2 {
                let (slot, made) = (slot.clone(), made.clone());
                group.go(move || {
                    slot.lock().get_or_insert_with(|| {
                        *made.lock() += 1;
                        "connection"
                    });
                });
            }
            group.wait();
            assert_eq!(*made.lock(), 1, "made twice");
        },
    },
    Case {
        name: "a queue that is seen to have something and then popped",
        ends: Ends::Panic("somebody was faster"),
        bug: || {
            let (queue, group) = (shared(vec![1]), WaitGroup::new());
            for _ in 0..2 {
                let queue = queue.clone();
                group.go(move || {
                    let has_some = !queue.lock().is_empty();
                    if has_some {
                        queue.lock().pop().expect("somebody was faster");
                    }
                });
            }
            group.wait();
        },
        twin: || {
            let (queue, group) = (shared(vec![1]), WaitGroup::new());
            for _ in 0..2 {
                let queue = queue.clone();
                group.go(move || {
                    let _ = queue.lock().pop();
                });
            }
            group.wait();
            assert!(queue.lock().is_empty());
        },
    },
    Case {
        name: "an invariant over two locks, read one by one",
        ends: Ends::Panic("money appears"),
        bug: || {
            let (a, b) = (shared(100), shared(0));
            let (a2, b2) = (a.clone(), b.clone());
            let mover = spawn(move || {
                *a2.lock() -= 10;
                *b2.lock() += 10;
            });
            let sum = *b.lock() + *a.lock();
            mover.join().unwrap();
            assert_eq!(sum, 100, "money appears or is gone");
        },
        twin: || {
            let both = shared((100, 0));
            let theirs = both.clone();
            let mover = spawn(move || {
                let mut both = theirs.lock();
                both.0 -= 10;
                both.1 += 10;
            });
            let sum = {
                let both = both.lock();
                both.0 + both.1
            };
            mover.join().unwrap();
            assert_eq!(sum, 100, "money appears or is gone");
        },
    },
    Case {
        name: "giving up in silence when the lock is taken",
        ends: Ends::Panic("work is lost"),
        bug: || {
            let (count, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || {
                    if let Some(mut count) = count.try_lock() {
                        gosched();
                        *count += 1;
                    }
                });
            }
            group.wait();
            assert_eq!(*count.lock(), 2, "work is lost");
        },
        twin: || {
            let (count, group) = (shared(0), WaitGroup::new());
            for _ in 0..2 {
                let count = count.clone();
                group.go(move || {
                    let mut count = count.lock();
                    gosched();
                    *count += 1;
                });
            }
            group.wait();
            assert_eq!(*count.lock(), 2, "work is lost");
        },
    },
    Case {
        name: "a lock and a channel, each waiting for the other",
        ends: Ends::Deadlock,
        bug: || {
            let (state, (tx, rx)) = (shared(0), chan(1));
            let theirs = state.clone();
            tx.send(());
            let other = spawn({
                let (tx, rx) = (tx.clone(), rx.clone());
                move || {
                    rx.recv();
                    *theirs.lock() += 1;
                    tx.send(());
                }
            });
            {
                let mut held = state.lock();
                rx.recv();
                *held += 1;
                tx.send(());
            }
            other.join().unwrap();
        },
        twin: || {
            let (state, (tx, rx)) = (shared(0), chan(1));
            let theirs = state.clone();
            tx.send(());
            let other = spawn({
                let (tx, rx) = (tx.clone(), rx.clone());
                move || {
                    rx.recv();
                    *theirs.lock() += 1;
                    tx.send(());
                }
            });
            rx.recv();
            *state.lock() += 1;
            tx.send(());
            other.join().unwrap();
        },
    },
];
