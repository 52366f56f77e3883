//! What the scheduler promises to code that does not cooperate: preemption, blocking
//! calls, threads, and the ends of programs that have to do with them.

#[path = "common/child.rs"]
mod common;

use common::{Program, as_main, at_every_width, ends_with_2_saying, prints, stderr};
use marmota::sync::WaitGroup;
use marmota::{chan, debug, go, runtime, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

fn main() {
    common::run_all(PROGRAMS, TESTS);
}

const WIDTHS: [&str; 3] = ["1", "2", "8"];

/// Runs user code only, until `flag` is set.
fn spin_until(flag: &AtomicBool) {
    while !flag.load(SeqCst) {
        std::hint::spin_loop();
    }
}

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

const PROGRAMS: &[Program] = &[
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
        name: "after goexit of main the others go on, and then it is a deadlock",
        body: || {
            as_main(|| {
                go(|| {
                    marmota::time::sleep(Duration::from_millis(5));
                    println!("the other ends");
                });
                runtime::goexit();
            })
        },
        check: |run| {
            for procs in WIDTHS {
                let out = run(&[("GOMAXPROCS", procs)]);
                let words =
                    ["fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n"];
                ends_with_2_saying(&out, &words);
                assert_eq!(common::stdout(&out), "the other ends\n");
            }
        },
    },
    Program {
        name: "a goroutine that waits on its locked thread is in a deadlock too",
        body: || {
            as_main(|| {
                let _lock = runtime::lock_os_thread();
                let (_tx, rx) = chan::<()>(0);
                rx.recv();
            })
        },
        check: |run| {
            for procs in WIDTHS {
                let words = [
                    "fatal error: all goroutines are asleep - deadlock!\n",
                    "goroutine 1 [chan receive",
                ];
                ends_with_2_saying(&run(&[("GOMAXPROCS", procs)]), &words);
            }
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
    Program {
        name: "too many threads are a fatal error",
        body: || {
            as_main(|| {
                assert_eq!(debug::set_max_threads(8), 10_000);
                for _ in 0..20 {
                    go(|| runtime::blocking(|| std::thread::sleep(Duration::from_secs(50))));
                }
                let (_tx, rx) = chan::<()>(0);
                rx.recv();
            })
        },
        check: |run| {
            let words = [
                "runtime: program exceeds 8-thread limit\n",
                "fatal error: thread exhaustion\n",
            ];
            ends_with_2_saying(&run(&[]), &words);
        },
    },
    Program {
        name: "an overflow shows the goroutine's stack, both ends of it",
        body: || {
            as_main(|| {
                fn deep(n: u64) -> u64 {
                    let frame = std::hint::black_box([n; 16]);
                    if n == u64::MAX {
                        0
                    } else {
                        deep(n + 1) + frame[3]
                    }
                }
                go(|| println!("{}", deep(0)));
                marmota::time::sleep(Duration::from_secs(50));
            })
        },
        check: |run| {
            for procs in WIDTHS {
                let words = [
                    "runtime: goroutine stack exceeds 2",
                    "-byte limit\nfatal error: stack overflow\n\ngoroutine ",
                    " [running]:\n",
                    "deep(...)\n\t",
                    "tests/scheduler.rs:",
                    " frames elided...\n",
                    "deep(...)\n\t",
                    "created by ",
                    "tests/scheduler.rs:",
                ];
                ends_with_2_saying(&run(&[("GOMAXPROCS", procs)]), &words);
            }
        },
    },
    Program {
        name: "SIGQUIT shows everybody, also with endless loops",
        body: || {
            as_main(|| {
                #[inline(never)]
                fn spin_for_ever() {
                    loop {
                        std::hint::spin_loop();
                    }
                }
                let (_tx, rx) = chan::<()>(0);
                for _ in 0..3 {
                    go(spin_for_ever);
                }
                let waiter = rx.clone();
                go(move || _ = waiter.recv());
                // Until all have been seen: two of them at least were stopped.
                while debug::read_sched_stats().preempted < 6 {
                    marmota::time::sleep(Duration::from_millis(5));
                }
                // SAFETY: a signal to ourselves.
                unsafe { libc::kill(libc::getpid(), libc::SIGQUIT) };
                rx.recv();
            })
        },
        check: |run| {
            let out = run(&[("GOMAXPROCS", "1")]);
            ends_with_2_saying(&out, &["SIGQUIT: quit\n\n", "goroutine 1 ["]);
            let err = stderr(&out);
            assert!(err.contains("[chan receive]:\n"), "{err}");
            // Stopped in the middle of user code, and yet with its stack.
            let stopped = err
                .split("[runnable]:\n")
                .nth(1)
                .unwrap_or_else(|| panic!("{err}"));
            let first = stopped.lines().next().unwrap();
            assert!(first.ends_with("spin_for_ever(...)"), "{err}");
        },
    },
    Program {
        name: "GODEBUG=schedtrace prints Go's line",
        body: || {
            as_main(|| {
                go(|| spin_until(&AtomicBool::new(false)));
                // Many times the interval: two lines at the least, on any machine.
                marmota::time::sleep(Duration::from_millis(300));
            })
        },
        check: |run| {
            let out = run(&[("GOMAXPROCS", "2"), ("GODEBUG", "schedtrace=10")]);
            let err = stderr(&out);
            let lines: Vec<_> = err.lines().collect();
            assert!(lines.len() >= 2, "{err}");
            assert!(
                lines[0].starts_with("SCHED 0ms: gomaxprocs=2 idleprocs="),
                "{err}"
            );
            for line in &lines {
                // The shape of the line, numbers left out.
                let shape: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
                assert_eq!(
                    shape,
                    "SCHED ms: gomaxprocs= idleprocs= threads= spinningthreads= needspinning= \
                     idlethreads= runqueue= [   ] schedticks=[   ]"
                );
            }
            let out = run(&[
                ("GOMAXPROCS", "2"),
                ("GODEBUG", "schedtrace=10,scheddetail=1"),
            ]);
            let err = stderr(&out);
            for part in [
                " gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n  P0: status=",
                "\n  P1: status=",
                "\n  M1: p=",
                "\n  G1: status=4(sleep) m=nil lockedm=nil\n",
            ] {
                assert!(err.contains(part), "{part:?} not in {err}");
            }
        },
    },
    Program {
        name: "a malformed GODEBUG is said once and otherwise ignored",
        body: || {
            as_main(|| println!("fine"));
            as_main(|| println!("again"));
        },
        check: |run| {
            let out = run(&[("GODEBUG", "schedtrace=often")]);
            prints(&out, "fine\nagain\n");
            let err = stderr(&out);
            assert_eq!(err.matches("marmota: GODEBUG").count(), 1, "{err}");
            assert!(
                err.contains("\"schedtrace=often\"") && err.contains("name=value"),
                "{err}"
            );
        },
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

const TESTS: &[(&str, fn())] = &[
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
        "a dump shows where each goroutine is, and how it got there",
        || {
            at_every_width(|| {
                #[inline(never)]
                fn outer(rx: &marmota::Receiver<()>) {
                    inner(rx);
                    std::hint::black_box(());
                }
                #[inline(never)]
                fn inner(rx: &marmota::Receiver<()>) {
                    rx.recv();
                    std::hint::black_box(());
                }
                let (tx, rx) = chan(0);
                let group = WaitGroup::new();
                group.go(move || outer(&rx));
                while debug::read_sched_stats().waiting.is_empty() {
                    runtime::gosched();
                }
                let dump = runtime::stack_dump();
                let blocks: Vec<_> = dump.trim_start().split("\n\n").collect();
                assert_eq!(blocks.len(), 2, "{dump}");
                assert!(blocks[0].starts_with("goroutine 1 [running]:\n"), "{dump}");
                assert!(blocks[0].contains("tests/scheduler.rs:"), "{dump}");
                let at = |word| {
                    blocks[1]
                        .find(word)
                        .unwrap_or_else(|| panic!("no {word}: {dump}"))
                };
                assert!(at("[chan receive]:\n") < at("inner(...)\n\t"), "{dump}");
                assert!(at("inner(...)\n\t") < at("outer(...)\n\t"), "{dump}");
                assert!(at("outer(...)\n\t") < at("created by "), "{dump}");
                tx.send(());
                group.wait();
            });
        },
    ),
    ("dumps are taken while goroutines come and go", || {
        at_every_width(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let group = WaitGroup::new();
            for _ in 0..4 {
                let stop = stop.clone();
                group.go(move || {
                    while !stop.load(SeqCst) {
                        let (tx, rx) = chan(0);
                        go(move || tx.send(1));
                        assert_eq!(rx.recv(), Some(1));
                    }
                });
            }
            for _ in 0..20 {
                let dump = runtime::stack_dump();
                assert!(dump.contains("goroutine 1 [running]:\n"), "{dump}");
            }
            stop.store(true, SeqCst);
            group.wait();
        });
    }),
    ("goexit runs destructors and is no panic", || {
        at_every_width(|| {
            struct Note(marmota::Sender<u32>, u32);
            impl Drop for Note {
                fn drop(&mut self) {
                    // Parks, on an unbuffered channel, while it unwinds.
                    self.0.send(self.1);
                }
            }
            let (tx, rx) = chan(0);
            go(move || {
                let _first = Note(tx.clone(), 1);
                let _second = Note(tx, 2);
                runtime::goexit();
            });
            assert_eq!((rx.recv(), rx.recv()), (Some(2), Some(1)));
            let left = spawn(|| runtime::goexit()).join().unwrap_err();
            assert!(left.is::<runtime::Goexit>());
            marmota::scope(|s| s.go(|| runtime::goexit()));
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
