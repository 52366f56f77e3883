//! Code that never calls the runtime has its turn, and ends it.

use super::common::{Program, Test, as_main, at_every_width, prints, stderr};
use super::{WIDTHS, spin_until};
use marmota::sync::WaitGroup;
use marmota::{chan, go, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

pub const PROGRAMS: &[Program] = &[
    Program {
        name: "an endless loop does not stop main",
        body: || {
            as_main(|| {
                go(|| {
                    loop {
                        std::hint::spin_loop();
                    }
                });
                marmota::time::sleep(Duration::from_millis(50));
                println!("main goes on");
            })
        },
        check: |run| {
            for procs in WIDTHS {
                prints(&run(&[("GOMAXPROCS", procs)]), "main goes on\n");
            }
        },
    },
    Program {
        name: "without asynchronous preemption an endless loop stops main",
        body: || {
            // SAFETY: alarm has no preconditions.
            unsafe { libc::alarm(2) };
            as_main(|| {
                go(|| {
                    loop {
                        std::hint::spin_loop();
                    }
                });
                marmota::time::sleep(Duration::from_millis(50));
                println!("main goes on");
            })
        },
        check: |run| {
            use std::os::unix::process::ExitStatusExt;
            let out = run(&[("GOMAXPROCS", "1"), ("GODEBUG", "asyncpreemptoff=1")]);
            assert_eq!(out.status.signal(), Some(libc::SIGALRM), "{}", stderr(&out));
            let out = run(&[("GOMAXPROCS", "1"), ("GODEBUG", "asyncpreemptoff=0")]);
            prints(&out, "main goes on\n");
        },
    },
    Program {
        name: "on two processors two goroutines run at one instant, on one they do not",
        body: || {
            // SAFETY: alarm has no preconditions.
            unsafe { libc::alarm(4) };
            as_main(|| {
                // Nobody is preempted here, and nobody gives way: each sees the other
                // only if both run.
                let here: [Arc<AtomicBool>; 2] = Default::default();
                let there = [here[1].clone(), here[0].clone()];
                let both: Vec<_> = std::iter::zip(here, there)
                    .map(|(me, other)| {
                        spawn(move || {
                            me.store(true, SeqCst);
                            while !other.load(SeqCst) {
                                std::hint::spin_loop();
                            }
                        })
                    })
                    .collect();
                both.into_iter().for_each(|one| one.join().unwrap());
                println!("each has seen the other");
            })
        },
        check: |run| {
            use std::os::unix::process::ExitStatusExt;
            let alone = ("GODEBUG", "asyncpreemptoff=1");
            let out = run(&[("GOMAXPROCS", "2"), alone]);
            prints(&out, "each has seen the other\n");
            let out = run(&[("GOMAXPROCS", "1"), alone]);
            assert_eq!(out.status.signal(), Some(libc::SIGALRM), "{}", stderr(&out));
        },
    },
];

pub const TESTS: &[Test] = &[
    ("two that spin on each other both advance", || {
        at_every_width(|| {
            let turn = Arc::new(AtomicUsize::new(0));
            let other = turn.clone();
            let handle = spawn(move || {
                for i in 0..10 {
                    while other.load(SeqCst) != 2 * i + 1 {
                        std::hint::spin_loop();
                    }
                    other.store(2 * i + 2, SeqCst);
                }
            });
            for i in 0..10 {
                turn.store(2 * i + 1, SeqCst);
                while turn.load(SeqCst) != 2 * i + 2 {
                    std::hint::spin_loop();
                }
            }
            handle.join().unwrap();
        });
    }),
    ("many that spin leave the others their turn", || {
        at_every_width(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let group = WaitGroup::new();
            for _ in 0..12 {
                let stop = stop.clone();
                group.go(move || spin_until(&stop));
            }
            let (tx, rx) = chan(0);
            go(move || (0..50).for_each(|i| tx.send(i)));
            for i in 0..50 {
                assert_eq!(rx.recv(), Some(i));
                if i % 16 == 0 {
                    marmota::time::sleep(Duration::from_micros(100));
                }
            }
            stop.store(true, SeqCst);
            group.wait();
        });
    }),
];
