//! Wait groups: counted too late, too little, too much.

use crate::{Case, Ends};
use marmota::sync::{Mutex, WaitGroup};
use marmota::{go, spawn};
use std::sync::Arc;

/// Two goroutines that each count, and a main that checks when it has waited.
fn counted(start: fn(&WaitGroup, Arc<Mutex<i32>>)) {
    let (group, count) = (WaitGroup::new(), Arc::new(Mutex::new(0)));
    for _ in 0..2 {
        start(&group, count.clone());
    }
    group.wait();
    assert_eq!(*count.lock(), 2, "waited for too few");
}

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "add inside the goroutine",
        ends: Ends::Panic("waited for too few"),
        bug: || {
            counted(|group, count| {
                let group = group.clone();
                go(move || {
                    group.add(1);
                    *count.lock() += 1;
                    group.done();
                });
            });
        },
        twin: || {
            counted(|group, count| {
                let group = group.clone();
                group.add(1);
                go(move || {
                    *count.lock() += 1;
                    group.done();
                });
            });
        },
    },
    Case {
        name: "done before the work",
        ends: Ends::Panic("waited for too few"),
        bug: || {
            counted(|group, count| {
                let group = group.clone();
                group.add(1);
                go(move || {
                    group.done();
                    *count.lock() += 1;
                });
            });
        },
        twin: || counted(|group, count| group.go(move || *count.lock() += 1)),
    },
    Case {
        name: "one add for two goroutines, each with its done",
        ends: Ends::Panic("sync: negative WaitGroup counter"),
        bug: || {
            let group = WaitGroup::new();
            group.add(1);
            for _ in 0..2 {
                let group = group.clone();
                go(move || group.done());
            }
            group.wait();
        },
        twin: || {
            let group = WaitGroup::new();
            group.add(2);
            for _ in 0..2 {
                let group = group.clone();
                go(move || group.done());
            }
            group.wait();
        },
    },
    Case {
        name: "an early return without done",
        ends: Ends::Deadlock,
        bug: || {
            let group = WaitGroup::new();
            for job in 0..2 {
                let theirs = group.clone();
                group.add(1);
                go(move || {
                    if job == 1 {
                        return;
                    }
                    theirs.done();
                });
            }
            group.wait();
        },
        twin: || {
            let group = WaitGroup::new();
            for job in 0..2 {
                group.go(move || {
                    let _ = job;
                });
            }
            group.wait();
        },
    },
    Case {
        name: "counting more than are started",
        ends: Ends::Deadlock,
        bug: || {
            let group = WaitGroup::new();
            group.add(3);
            for _ in 0..2 {
                let group = group.clone();
                go(move || group.done());
            }
            group.wait();
        },
        twin: || {
            let group = WaitGroup::new();
            group.add(3);
            for _ in 0..3 {
                let group = group.clone();
                go(move || group.done());
            }
            group.wait();
        },
    },
    Case {
        name: "a goroutine that waits for itself",
        ends: Ends::Deadlock,
        bug: || {
            let group = WaitGroup::new();
            let theirs = group.clone();
            group.go(move || theirs.wait());
            group.wait();
        },
        twin: || {
            let group = WaitGroup::new();
            group.go(|| {});
            let theirs = group.clone();
            let watcher = spawn(move || theirs.wait());
            group.wait();
            watcher.join().unwrap();
        },
    },
    Case {
        name: "two goroutines that join each other",
        ends: Ends::Leak,
        bug: || {
            let (to_first, handles) = marmota::chan::<marmota::JoinHandle<()>>(1);
            let first = spawn(move || handles.recv().unwrap().join().unwrap());
            let second = spawn(move || first.join().unwrap());
            to_first.send(second);
        },
        twin: || {
            let (to_first, handles) = marmota::chan::<marmota::JoinHandle<()>>(1);
            let first = spawn(move || handles.recv().unwrap().join().unwrap());
            let second = spawn(|| {});
            to_first.send(second);
            first.join().unwrap();
        },
    },
    Case {
        name: "a panic that skips done",
        ends: Ends::Deadlock,
        bug: || {
            let group = WaitGroup::new();
            let theirs = group.clone();
            group.add(1);
            let worker = spawn(move || {
                let parsed: i32 = "x".parse().unwrap();
                theirs.done();
                parsed
            });
            group.wait();
            drop(worker.join());
        },
        twin: || {
            struct Done(WaitGroup);
            impl Drop for Done {
                fn drop(&mut self) {
                    self.0.done();
                }
            }
            let group = WaitGroup::new();
            group.add(1);
            let done = Done(group.clone());
            let worker = spawn(move || {
                let _done = done;
                "x".parse::<i32>().unwrap()
            });
            group.wait();
            assert!(worker.join().is_err());
        },
    },
];
