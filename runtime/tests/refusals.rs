//! What a deterministic run refuses, with a message that says what to do instead.
//!
//! Each ends the process, so each is a program of its own.

#[path = "common/child.rs"]
#[allow(dead_code, reason = "each test crate uses some of it")]
mod child;

use child::{Program, Test, ends_with_2_saying};
use marmota::{chan, go, runtime, sim};

fn main() {
    child::run_all(PROGRAMS, TESTS);
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "waiting_for_others_on_a_plain_thread_is_refused",
        body: sim::wait,
        check: |run| {
            let output = run(&[]);
            let said = child::stderr(&output);
            assert_eq!(output.status.code(), Some(101), "{said}");
            assert!(
                said.contains("on a thread that runs no goroutine"),
                "{said}"
            );
        },
    },
    Program {
        name: "a_thread_that_wakes_a_goroutine_of_a_deterministic_run_is_refused",
        body: || {
            let report = sim::explore(|| {
                let (tx, rx) = chan(0);
                go(move || assert_eq!(rx.recv(), Some(1)));
                // The other comes to its receive, and waits.
                sim::wait();
                std::thread::spawn(move || tx.send(1))
                    .join()
                    .expect("the process ends before");
            });
            println!("{report}");
        },
        check: |run| {
            let words = [
                "a thread from outside woke a goroutine of a deterministic run",
                "start it with marmota::go instead of std::thread::spawn",
            ];
            ends_with_2_saying(&run(&[]), &words);
        },
    },
];

const TESTS: &[Test] = &[
    ("a_run_within_a_goroutine_is_refused", || {
        let report = sim::explore(|| {
            let _inner = sim::run(|| {});
        });
        let text = report.to_string();
        assert!(text.contains("started inside a goroutine"), "{text}");
    }),
    ("a_thread_that_wakes_nobody_is_not_noticed", || {
        let report = sim::explore(|| {
            let (tx, rx) = chan(1);
            std::thread::spawn(move || tx.send(1)).join().unwrap();
            runtime::gosched();
            assert_eq!(rx.recv(), Some(1));
        });
        assert!(report.passed(), "{report}");
    }),
];
