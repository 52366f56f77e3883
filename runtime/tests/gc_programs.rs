//! Programs on the collected heap: what they are told by GOGC, GOMEMLIMIT and GODEBUG,
//! what they do under a memory limit, and what happens while they do nothing.
//!
//! Each is a process of its own (`common/child.rs`), because the heap is one per process
//! and its settings are read when it starts.

#[path = "common/child.rs"]
#[allow(dead_code, reason = "this test crate uses some of it")]
mod common;

use common::{Program, as_main, ends_with_2_saying, prints, stderr, stdout};
use marmota::debug::{read_gc_stats, set_gc_percent, set_memory_limit};
use marmota::gc::{self, Gc, GcCell, Trace, read_mem_stats};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

const MB: u64 = 1 << 20;

fn main() {
    common::run_all(PROGRAMS, &[]);
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "a malformed GOGC is said and counts as 100",
        body: || as_main(|| println!("{}", set_gc_percent(100))),
        check: |run| {
            let output = run(&[("GOGC", "fifty")]);
            prints(&output, "100\n");
            let said = stderr(&output);
            assert!(said.contains("GOGC=fifty is neither"), "{said}");
            for (gogc, percent) in [("50", "50\n"), ("off", "-1\n"), ("", "100\n")] {
                let output = run(&[("GOGC", gogc)]);
                prints(&output, percent);
                assert_eq!(stderr(&output), "");
            }
        },
    },
    Program {
        name: "a malformed GOMEMLIMIT ends the program and names the form",
        body: || as_main(|| println!("not reached")),
        check: |run| {
            let output = run(&[("GOMEMLIMIT", "lots")]);
            let words = [
                "GOMEMLIMIT=lots",
                "fatal error: malformed GOMEMLIMIT",
                "512MiB",
            ];
            ends_with_2_saying(&output, &words);
            assert_eq!(stdout(&output), "");
        },
    },
    Program {
        name: "the limit is set by variable and by call",
        body: || {
            as_main(|| {
                println!("{}", set_memory_limit(-1));
                println!("{}", set_memory_limit(7 << 30));
                println!("{}", set_memory_limit(-1));
            })
        },
        check: |run| {
            let none = i64::MAX;
            let seven = 7i64 << 30;
            prints(&run(&[]), &format!("{none}\n{none}\n{seven}\n"));
            let half = 512i64 << 20;
            let output = run(&[("GOMEMLIMIT", "512MiB")]);
            prints(&output, &format!("{half}\n{half}\n{seven}\n"));
        },
    },
    Program {
        name: "a live heap near the limit stays under it",
        body: || {
            as_main(|| {
                let live = list(20 * MB);
                let peak = churn(400 * MB);
                println!("{}", length(&live) == 20 * MB / NODE);
                println!("{}", peak / MB);
                println!("{}", read_mem_stats().num_gc);
            })
        },
        check: |run| {
            let [_, free_peak, _] = numbers(&run(&[("GOGC", "off")]));
            assert!(free_peak > 300, "no limit, no collection: {free_peak} MB");
            for gogc in ["off", "100", "400"] {
                for procs in ["1", "2"] {
                    let output = run(&[
                        ("GOGC", gogc),
                        ("GOMEMLIMIT", "48MiB"),
                        ("GOMAXPROCS", procs),
                    ]);
                    let [whole, peak, cycles] = numbers(&output);
                    assert_eq!(whole, 1);
                    assert!(peak <= 48, "GOGC={gogc}, {procs} Ps: {peak} MB");
                    assert!(cycles > 5, "GOGC={gogc}, {procs} Ps: {cycles} cycles");
                }
            }
        },
    },
    Program {
        name: "a live heap over the limit slows the program but does not stop it",
        body: || {
            as_main(|| {
                let live = list(40 * MB);
                churn(40 * MB);
                println!("{}", length(&live) == 40 * MB / NODE);
                println!("0\n{}", read_mem_stats().num_gc);
            })
        },
        check: |run| {
            for procs in ["1", "2"] {
                let output = run(&[("GOMEMLIMIT", "16MiB"), ("GOMAXPROCS", procs)]);
                let [whole, _, cycles] = numbers(&output);
                assert_eq!(whole, 1);
                assert!(cycles > 0);
            }
        },
    },
    Program {
        name: "without a runtime a live heap over the limit does not stop it either",
        body: || {
            let live = list(40 * MB);
            churn(40 * MB);
            println!("{}", length(&live) == 40 * MB / NODE);
        },
        check: |run| prints(&run(&[("GOMEMLIMIT", "16MiB")]), "true\n"),
    },
    Program {
        name: "gctrace and MemStats agree",
        body: || {
            as_main(|| {
                let live = list(10 * MB);
                churn(60 * MB);
                gc::gc();
                let stats = read_mem_stats();
                println!("{}", stats.num_gc);
                println!("{}", stats.heap_alloc >> 20);
                println!("{}", stats.next_gc >> 20);
                assert_eq!(stats.num_forced_gc, 1);
                assert_eq!(stats.heap_objects, stats.mallocs - stats.frees);
                assert_eq!(stats.heap_sys, stats.heap_idle + stats.heap_inuse);
                let pauses: u64 = stats.pause_ns.iter().sum();
                assert_eq!(pauses, stats.pause_total_ns);
                assert!(stats.gc_cpu_fraction > 0.0 && stats.gc_cpu_fraction < 1.0);
                let short = read_gc_stats();
                assert_eq!(short.num_gc, stats.num_gc);
                assert_eq!(short.pause_total.as_nanos(), u128::from(pauses));
                let last = (stats.num_gc as usize + 255) % 256;
                assert_eq!(short.pause[0].as_nanos(), u128::from(stats.pause_ns[last]));
                assert_eq!(stats.pause_end[last], stats.last_gc);
                assert!(length(&live) > 0);
            })
        },
        check: |run| {
            let output = run(&[("GODEBUG", "gctrace=1")]);
            let [cycles, alloc, next] = numbers(&output);
            let trace = stderr(&output);
            let lines: Vec<_> = trace.lines().collect();
            assert_eq!(lines.len() as u64, cycles, "{trace}");
            let last = lines.last().unwrap();
            assert!(last.starts_with(&format!("gc {cycles} @")), "{last}");
            assert!(last.ends_with(" P (forced)"), "{last}");
            // "…, 12->13->10 MB, 20 MB goal, …"; the goal after it is in no line.
            let marked = last
                .split("->")
                .nth(2)
                .and_then(|rest| rest.split(' ').next());
            assert_eq!(marked, Some(alloc.to_string().as_str()), "{last}");
            assert!(
                (2 * alloc..=2 * alloc + 1).contains(&next),
                "{alloc} {next}"
            );
        },
    },
    Program {
        name: "turning collection off ends the one that is on",
        body: || {
            as_main(|| {
                let live = list(10 * MB);
                set_gc_percent(-1);
                let before = read_mem_stats().num_gc;
                assert!(!read_mem_stats().enable_gc);
                churn(100 * MB);
                assert_eq!(read_mem_stats().num_gc, before);
                assert_eq!(set_gc_percent(100), -1);
                churn(30 * MB);
                assert!(read_mem_stats().num_gc > before);
                assert!(length(&live) > 0);
            })
        },
        check: |run| prints(&run(&[]), ""),
    },
    Program {
        name: "a heap is collected when it has not been for long",
        body: || {
            as_main(|| {
                gc::gc();
                let before = read_mem_stats();
                gc::testing::set_longest(20_000_000);
                // Nothing runs meanwhile, and the time is sysmon's.
                let mut now = read_mem_stats();
                while now.num_gc < before.num_gc + 3 {
                    marmota::time::sleep(Duration::from_millis(20));
                    now = read_mem_stats();
                }
                assert_eq!(now.num_forced_gc, before.num_forced_gc);
                // The collector's goroutines are in no count, once they have ended.
                while marmota::runtime::num_goroutine() != 1 {
                    marmota::runtime::gosched();
                }
            })
        },
        check: |run| prints(&run(&[]), ""),
    },
    Program {
        name: "a goroutine whose slice is used up goes on to the end of its pin",
        body: || {
            as_main(|| {
                static OTHER_RAN: AtomicBool = AtomicBool::new(false);
                marmota::go(|| OTHER_RAN.store(true, Relaxed));
                let pinned = gc::pin();
                while !gc::testing::is_asked_to_yield() {
                    std::hint::spin_loop();
                }
                for _ in 0..100 {
                    // Enters the runtime and leaves it.
                    marmota::runtime::num_goroutine();
                }
                println!("{}", OTHER_RAN.load(Relaxed));
                drop(pinned);
                println!("{}", OTHER_RAN.load(Relaxed));
            })
        },
        check: |run| {
            let env = [("GOMAXPROCS", "1"), ("GODEBUG", "asyncpreemptoff=1")];
            prints(&run(&env), "false\ntrue\n");
        },
    },
    Program {
        name: "pages that are not needed any more go back to the system",
        body: || {
            as_main(|| {
                let live = list(64 * MB);
                gc::gc();
                assert!(retained() >= 64 * MB);
                drop(live);
                // The first makes the goal small, and the heap may keep what goes with it.
                gc::gc();
                gc::gc();
                while retained() > 16 * MB {
                    marmota::time::sleep(Duration::from_millis(10));
                }
            })
        },
        check: |run| prints(&run(&[]), ""),
    },
];

#[derive(Trace)]
struct Node {
    next: GcCell<Option<Gc<Node>>>,
    value: u64,
    padding: [u64; 5],
}

/// Bytes of a node's slot.
const NODE: u64 = 64;

fn node(next: Option<Gc<Node>>, value: u64) -> Gc<Node> {
    Gc::new(Node {
        next: GcCell::new(next),
        value,
        padding: [value; 5],
    })
}

fn list(bytes: u64) -> Gc<Node> {
    (1..bytes / NODE).fold(node(None, 0), |list, i| node(Some(list), i))
}

/// Its length, if every node is whole.
fn length(list: &Gc<Node>) -> u64 {
    let (mut n, mut at) = (1, list.clone());
    while let Some(next) = at.next.get() {
        assert!(at.padding.iter().all(|&p| p == at.value));
        (n, at) = (n + 1, next);
    }
    n
}

/// Allocates so many bytes in short lists; the most memory the heap had meanwhile.
fn churn(bytes: u64) -> u64 {
    let mut peak = 0;
    for _ in 0..bytes / (256 << 10) {
        let _short = list(256 << 10);
        peak = peak.max(retained());
    }
    peak
}

/// Bytes of the heap that have memory behind them.
fn retained() -> u64 {
    let stats = read_mem_stats();
    stats.heap_sys - stats.heap_released
}

/// The three numbers that a program has printed; `true` is 1.
#[track_caller]
fn numbers(output: &std::process::Output) -> [u64; 3] {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    let text = stdout(output);
    let numbers: Vec<u64> = text
        .lines()
        .map(|line| match line {
            "true" => 1,
            "false" => 0,
            number => number.parse().unwrap_or_else(|_| panic!("{text}")),
        })
        .collect();
    numbers.try_into().unwrap_or_else(|_| panic!("{text}"))
}
