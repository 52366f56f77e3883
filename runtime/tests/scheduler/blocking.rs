//! Calls that block a thread, whether they say so or not, lend their processor.

use super::WIDTHS;
use super::common::{Program, Test, as_main, at_every_width, prints};
use marmota::sync::WaitGroup;
use marmota::{chan, debug, go, runtime, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

pub const PROGRAMS: &[Program] = &[
    Program {
        name: "back from a blocking call, a thread gets a processor even so",
        body: || {
            as_main(|| {
                let ended = Arc::new(AtomicBool::new(false));
                let theirs = ended.clone();
                go(move || {
                    // Noticed, since main is ready to run.
                    std::thread::sleep(Duration::from_millis(50));
                    // Then it computes, and never enters the runtime.
                    let back = std::time::Instant::now();
                    while back.elapsed() < Duration::from_secs(2) {}
                    theirs.store(true, SeqCst);
                });
                while !ended.load(SeqCst) {
                    runtime::gosched();
                }
                let stats = debug::read_sched_stats();
                println!("{} {}", stats.retaken > 0, stats.preempted > 0);
            })
        },
        check: |run| {
            let out = run(&[("GOMAXPROCS", "1"), ("GODEBUG", "asyncpreemptoff=1")]);
            prints(&out, "true true\n");
        },
    },
    Program {
        name: "calls that may block, one after the other, need few threads",
        body: || {
            as_main(|| {
                debug::set_max_threads(8);
                // Most of them are over before a thread can be made.
                for _ in 0..20_000 {
                    runtime::blocking(|| {});
                }
                println!("done");
            });
        },
        check: |run| {
            prints(&run(&[("GOMAXPROCS", "1")]), "done\n");
        },
    },
    Program {
        name: "a thread in a blocking call is no deadlock",
        body: || {
            as_main(|| {
                let (tx, rx) = chan(0);
                go(move || {
                    runtime::blocking(|| std::thread::sleep(Duration::from_millis(30)));
                    std::thread::sleep(Duration::from_millis(30));
                    tx.send("it came back");
                });
                println!("{}", rx.recv().unwrap());
            })
        },
        check: |run| {
            for procs in WIDTHS {
                prints(&run(&[("GOMAXPROCS", procs)]), "it came back\n");
            }
        },
    },
];

pub const TESTS: &[Test] = &[
    ("a plain blocking call lends its processor", || {
        at_every_width(|| {
            // Each waits on something of the standard library for a goroutine that
            // can only run if the processor is taken from the one that waits.
            let (tx, rx) = std::sync::mpsc::channel();
            go(move || tx.send(1).unwrap());
            assert_eq!(rx.recv(), Ok(1));

            let (mut read, mut write) = std::io::pipe().unwrap();
            go(move || std::io::Write::write_all(&mut write, b"x").unwrap());
            let mut byte = [0];
            std::io::Read::read_exact(&mut read, &mut byte).unwrap();
            assert_eq!(&byte, b"x");

            let lock = Arc::new(std::sync::Mutex::new(0));
            let guard = lock.lock().unwrap();
            let entered = Arc::new(AtomicBool::new(false));
            let theirs = (lock.clone(), entered.clone());
            let handle = spawn(move || {
                theirs.1.store(true, SeqCst);
                *theirs.0.lock().unwrap() += 1;
            });
            while !entered.load(SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            drop(guard);
            handle.join().unwrap();
            assert_eq!(*lock.lock().unwrap(), 1);
        });
    }),
    ("many block at once, by our wrapper and plainly", || {
        at_every_width(|| {
            let group = WaitGroup::new();
            let gate = Arc::new((std::sync::Mutex::new(0), std::sync::Condvar::new()));
            const N: usize = 20;
            for i in 0..N {
                let gate = gate.clone();
                group.go(move || {
                    let wait = || {
                        // All must be inside at once before any goes on.
                        let (count, changed) = &*gate;
                        let mut count = count.lock().unwrap();
                        *count += 1;
                        changed.notify_all();
                        while *count < N {
                            count = changed.wait(count).unwrap();
                        }
                    };
                    if i % 2 == 0 {
                        runtime::blocking(wait);
                    } else {
                        wait();
                    }
                });
            }
            group.wait();
            let caught = std::panic::catch_unwind(|| runtime::blocking(|| panic!("inside")));
            assert!(caught.is_err());
            assert_eq!(runtime::blocking(|| runtime::blocking(|| 7)), 7);
        });
    }),
];
