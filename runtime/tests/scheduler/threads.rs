//! Threads, processors and stacks: who has which, how many there are, what is given
//! back.

use super::common::{Program, Test, as_main, at_every_width, prints};
use super::{WIDTHS, spin_until};
use marmota::sync::WaitGroup;
use marmota::{chan, go, runtime, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// What this process has in memory, in KB.
fn resident_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

pub const PROGRAMS: &[Program] = &[
    Program {
        name: "stacks that nobody uses any more go back to the system",
        body: || {
            as_main(|| {
                let (tx, rx) = chan::<()>(0);
                let started = WaitGroup::new();
                started.add(5_000);
                for _ in 0..5_000 {
                    let (rx, started) = (rx.clone(), started.clone());
                    go(move || {
                        started.done();
                        rx.recv();
                    });
                }
                started.wait();
                let before = resident_kb();
                tx.close();
                // Half of some 20 MB, at the first look that finds them idle.
                while resident_kb() + 8_000 > before {
                    marmota::time::sleep(Duration::from_millis(50));
                }
                println!("given back");
            })
        },
        check: |run| prints(&run(&[]), "given back\n"),
    },
    Program {
        name: "a forked child has one thread and no runtime",
        body: || {
            as_main(|| {
                // SAFETY: the child calls only what is safe after a fork here: it
                // prints nothing, uses the runtime's primitives, and exits.
                let child = unsafe { libc::fork() };
                if child == 0 {
                    let (tx, rx) = chan(1);
                    tx.send(7);
                    let fine = rx.recv() == Some(7) && !marmota::in_goroutine();
                    // SAFETY: ends the child without running exit handlers.
                    unsafe { libc::_exit(if fine { 5 } else { 6 }) };
                }
                let mut status = 0;
                // SAFETY: waits for our own child.
                unsafe { libc::waitpid(child, &mut status, 0) };
                assert_eq!(libc::WEXITSTATUS(status), 5);
                let (tx, rx) = chan(0);
                go(move || tx.send("the parent goes on"));
                println!("{}", rx.recv().unwrap());
            })
        },
        check: |run| {
            for procs in WIDTHS {
                prints(&run(&[("GOMAXPROCS", procs)]), "the parent goes on\n");
            }
        },
    },
];

pub const TESTS: &[Test] = &[
    ("the number of processors changes under load", || {
        at_every_width(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let group = WaitGroup::new();
            let passed = Arc::new(AtomicU64::new(0));
            for i in 0..6u64 {
                let (stop, passed) = (stop.clone(), passed.clone());
                group.go(move || {
                    let (tx, rx) = chan(i as usize % 2);
                    let echo = spawn(move || rx.iter().count() as u64);
                    let mut sent = 0;
                    while !stop.load(SeqCst) {
                        tx.send(sent);
                        sent += 1;
                        match sent % 64 {
                            0 => marmota::time::sleep(Duration::from_micros(50)),
                            1 => (0..2000).for_each(|_| std::hint::spin_loop()),
                            _ => {}
                        }
                    }
                    tx.close();
                    assert_eq!(echo.join().unwrap(), sent);
                    passed.fetch_add(sent, SeqCst);
                });
            }
            {
                let stop = stop.clone();
                group.go(move || spin_until(&stop));
            }
            let mut before = runtime::gomaxprocs(0);
            for n in [2, 1, 5, 3, 8, 1, 1024, 4, 2, 7, 1, 16].repeat(5) {
                assert_eq!(runtime::gomaxprocs(n), before);
                before = n;
                assert_eq!(runtime::gomaxprocs(-1), n);
                marmota::time::sleep(Duration::from_micros(200));
            }
            stop.store(true, SeqCst);
            group.wait();
            assert!(passed.load(SeqCst) > 0);
            while runtime::num_goroutine() > 1 {
                runtime::gosched();
            }
        });
    }),
    ("two may set the number of processors at once", || {
        at_every_width(|| {
            let group = WaitGroup::new();
            for i in 0..4usize {
                group.go(move || {
                    for k in 0..20 {
                        runtime::gomaxprocs(1 + (i + k) % 4);
                    }
                });
            }
            group.wait();
            assert!((1..=4).contains(&runtime::gomaxprocs(0)));
        });
    }),
    (
        "a locked goroutine keeps its thread, and others stay off it",
        || {
            at_every_width(|| {
                let group = WaitGroup::new();
                let locked: Arc<std::sync::Mutex<Vec<_>>> = Arc::default();
                for i in 0..4 {
                    let locked = locked.clone();
                    group.go(move || {
                        let outer = runtime::lock_os_thread();
                        let me = std::thread::current().id();
                        {
                            let mut locked = locked.lock().unwrap();
                            assert!(!locked.contains(&me), "two on one thread");
                            locked.push(me);
                        }
                        for k in 0..20 {
                            let inner = runtime::lock_os_thread();
                            match (i + k) % 3 {
                                0 => runtime::gosched(),
                                1 => marmota::time::sleep(Duration::from_micros(100)),
                                _ => runtime::blocking(std::thread::yield_now),
                            }
                            drop(inner);
                            assert_eq!(std::thread::current().id(), me);
                        }
                        locked.lock().unwrap().retain(|t| *t != me);
                        drop(outer);
                    });
                }
                group.wait();
            });
        },
    ),
    ("a thread ends with a goroutine that ends locked", || {
        at_every_width(|| {
            let tid = spawn(|| {
                std::mem::forget(runtime::lock_os_thread());
                // SAFETY: gettid has no preconditions.
                unsafe { libc::gettid() }
            });
            let tid = tid.join().unwrap();
            let path = format!("/proc/self/task/{tid}");
            while std::path::Path::new(&path).exists() {
                runtime::gosched();
            }
        });
    }),
    (
        "a goroutine that parks while it unwinds stays on its thread",
        || {
            at_every_width(|| {
                struct Meet(marmota::Sender<u32>);
                impl Drop for Meet {
                    fn drop(&mut self) {
                        let before = std::thread::current().id();
                        assert!(std::thread::panicking());
                        for i in 0..10 {
                            self.0.send(i);
                        }
                        assert!(std::thread::panicking());
                        assert_eq!(std::thread::current().id(), before);
                    }
                }
                let group = WaitGroup::new();
                let (tx, rx) = chan(0);
                for _ in 0..8 {
                    let tx = tx.clone();
                    group.go(move || {
                        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            let _meet = Meet(tx);
                            panic!("unwinds");
                        }));
                        assert!(caught.is_err() && !std::thread::panicking());
                    });
                }
                // Those that receive must not look as if they panicked.
                for _ in 0..80 {
                    assert!(rx.recv().is_some());
                    assert!(!std::thread::panicking());
                }
                group.wait();
            });
        },
    ),
];
