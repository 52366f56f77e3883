//! How programs end that have goroutines left, or too many threads.

use super::WIDTHS;
use super::common::{Program, Test, as_main, at_every_width, ends_with_2_saying, stdout};
use marmota::{chan, debug, go, runtime, spawn};
use std::time::Duration;

pub const PROGRAMS: &[Program] = &[
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
                assert_eq!(stdout(&out), "the other ends\n");
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
        name: "two panics at once end a deterministic run too, with their words",
        body: || {
            struct Deferred;
            impl Drop for Deferred {
                fn drop(&mut self) {
                    panic!("second");
                }
            }
            marmota::sim::run(|| {
                let _deferred = Deferred;
                panic!("first");
            });
        },
        check: |run| {
            let words = ["panic: first\n\tpanic: second\n\ngoroutine 1 [running]:\n"];
            ends_with_2_saying(&run(&[]), &words);
        },
    },
];

pub const TESTS: &[Test] = &[("goexit runs destructors and is no panic", || {
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
})];
