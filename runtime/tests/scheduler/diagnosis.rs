//! What the runtime shows of itself: dumps, traces, overflows, bad settings.

use super::common::{Program, Test, as_main, at_every_width, ends_with_2_saying, prints, stderr};
use super::{WIDTHS, spin_until};
use marmota::sync::WaitGroup;
use marmota::{chan, debug, go, runtime};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

pub const PROGRAMS: &[Program] = &[
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
                    "tests/scheduler/diagnosis.rs:",
                    " frames elided...\n",
                    "deep(...)\n\t",
                    "created by ",
                    "tests/scheduler/diagnosis.rs:",
                ];
                ends_with_2_saying(&run(&[("GOMAXPROCS", procs)]), &words);
            }
        },
    },
    Program {
        name: "SIGQUIT shows everybody, also with endless loops",
        body: quit_with_endless_loops,
        check: |run| shows_everybody(&run(&[("GOMAXPROCS", "1")])),
    },
    Program {
        name: "SIGQUIT does so where it was ignored before, too",
        body: || {
            // SAFETY: nothing in this process waits for the signal.
            unsafe { libc::signal(libc::SIGQUIT, libc::SIG_IGN) };
            quit_with_endless_loops();
        },
        check: |run| shows_everybody(&run(&[("GOMAXPROCS", "1")])),
    },
    Program {
        name: "SIGQUIT after the runtime's end ends the program as without one",
        body: || {
            as_main(|| ());
            // SAFETY: a signal to ourselves.
            unsafe { libc::raise(libc::SIGQUIT) };
            println!("it went on");
        },
        check: |run| {
            use std::os::unix::process::ExitStatusExt;

            let out = run(&[]);
            assert_eq!(out.status.signal(), Some(libc::SIGQUIT), "{out:?}");
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
];

pub const TESTS: &[Test] = &[
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
                assert!(
                    blocks[0].contains("tests/scheduler/diagnosis.rs:"),
                    "{dump}"
                );
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
];

fn quit_with_endless_loops() {
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
}

fn shows_everybody(out: &Output) {
    ends_with_2_saying(out, &["SIGQUIT: quit\n\n", "goroutine 1 ["]);
    let err = stderr(out);
    assert!(err.contains("[chan receive]:\n"), "{err}");
    // Stopped in the middle of user code, and yet with its stack.
    let stopped = err
        .split("[runnable]:\n")
        .nth(1)
        .unwrap_or_else(|| panic!("{err}"));
    let first = stopped.lines().next().unwrap();
    assert!(first.ends_with("spin_for_ever(...)"), "{err}");
}
