//! The example programs about memory, and what they print.

#[allow(dead_code, reason = "this test crate uses some of it")]
#[path = "common/child.rs"]
mod common;
#[path = "../examples/gc_leak.rs"]
mod gc_leak;
#[path = "../examples/gc_limit.rs"]
mod gc_limit;
#[path = "../examples/gc_memory.rs"]
mod gc_memory;

use common::{Program, as_main, stderr, stdout};
use std::process::Output;

fn main() {
    common::run_all(PROGRAMS, &[]);
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "a lower GOGC is more collections and less memory",
        body: gc_memory::main,
        check: |run| {
            let figures = |gogc| {
                let text = text(&run(&[("GOGC", gogc)]));
                assert!(text.contains("20480 blocks kept, whole"), "{text}");
                (
                    number(&text, "NumGC = "),
                    number(&text, "peak of the heap: "),
                )
            };
            let all = ["50", "100", "200", "off"].map(figures);
            let names = format!("(collections, peak in MiB) at GOGC 50, 100, 200, off: {all:?}");
            for pair in all.windows(2) {
                assert!(pair[0].0 > pair[1].0 && pair[0].1 < pair[1].1, "{names}");
            }
            assert_eq!(all[3].0, 0, "{names}");
            assert!(all[3].1 >= 420, "{names}");
            // At 100, what lives and as much again, and something for slots and tables.
            assert!((36..60).contains(&all[1].1), "{names}");
        },
    },
    Program {
        name: "gctrace has a line per collection, whose figures are the program's",
        body: gc_memory::main,
        check: |run| {
            let output = run(&[("GODEBUG", "gctrace=1")]);
            let (printed, traced) = (text(&output), stderr(&output));
            let lines: Vec<_> = traced.lines().collect();
            // One may have been over, and not yet printed, at the program's end.
            let cycles = number(&printed, "NumGC = ");
            assert!(
                lines.len().abs_diff(cycles) <= 1,
                "{cycles} cycles:\n{traced}"
            );
            assert!(number(&printed, "TotalAlloc = ") >= 420, "{printed}");
            for (i, line) in lines.iter().enumerate() {
                assert!(line.starts_with(&format!("gc {} @", i + 1)), "{line}");
                for part in ["ms clock, ", "ms cpu, ", " MB goal, ", " MB stacks, "] {
                    assert!(line.contains(part), "{line}");
                }
            }
            // "40->45->25 MB": 20 live, and what was allocated while marking.
            let last = lines.last().unwrap();
            let live = last.split("->").nth(2).unwrap().split(' ').next().unwrap();
            assert!((20..40).contains(&live.parse::<u32>().unwrap()), "{last}");
        },
    },
    Program {
        name: "a limit holds, by variable, with GOGC off too",
        body: gc_limit::main,
        check: |run| {
            for gogc in ["100", "off"] {
                let text = text(&run(&[("GOGC", gogc), ("GOMEMLIMIT", "40MiB")]));
                assert!(text.starts_with("limit 40 MiB, 20 MiB kept"), "{text}");
                assert!(number(&text, "peak of the heap ") <= 40, "{text}");
                assert!(number(&text, " MiB, ") >= 10, "{text}");
            }
            let text = text(&run(&[("GOGC", "off")]));
            assert!(text.starts_with("no limit"), "{text}");
            assert!(text.ends_with(" 0 collections\n"), "{text}");
        },
    },
    Program {
        name: "a limit holds, by call",
        body: || {
            as_main(|| {
                marmota::debug::set_gc_percent(-1);
                marmota::debug::set_memory_limit(40 << 20);
                gc_limit::under_a_limit();
            })
        },
        check: |run| {
            let text = text(&run(&[]));
            assert!(text.starts_with("limit 40 MiB"), "{text}");
            assert!(number(&text, "peak of the heap ") <= 40, "{text}");
        },
    },
    Program {
        name: "a leak is seen: goroutines, heap, and where they wait",
        body: || gc_leak::main().expect("the program runs"),
        check: |run| {
            let text = text(&run(&[]));
            for n in [100, 200, 300] {
                let line = text
                    .lines()
                    .find(|line| line.starts_with(&format!("after {n} requests: ")))
                    .unwrap_or_else(|| panic!("{text}"));
                // Those that leaked, main, the server, and what serves the last ones yet.
                let goroutines = number(line, "requests: ");
                assert!((n + 2..n + 20).contains(&goroutines), "{line}");
                let live = number(line, "goroutines, ");
                assert!((60 * n..70 * n + 500).contains(&live), "{line}");
            }
            let (_, profile) = text.split_once("\n\n").unwrap_or_default();
            for words in ["300 of 3", "300 [chan receive", "gc_leak.rs:"] {
                assert!(profile.contains(words), "no {words} in the profile: {text}");
            }
        },
    },
];

#[track_caller]
fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    stdout(output)
}

/// The number after the last of these words.
#[track_caller]
fn number(text: &str, after: &str) -> usize {
    let rest = text.rsplit_once(after).map(|(_, rest)| rest);
    let digits = rest.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    let number = digits.flatten().and_then(|digits| digits.parse().ok());
    number.unwrap_or_else(|| panic!("no number after {after:?} in:\n{text}"))
}
