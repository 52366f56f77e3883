//! Whole programs: how they end, with which status and which words.
//!
//! Each test runs this executable again as a child process, whose main function is
//! then the program's: no test harness, no thread but the program's own (a harness
//! has threads, and while there are threads that are not the runtime's, it does not
//! report a deadlock). The programs that are compared with Go's are in `beside_go`.

mod beside_go;

use libtest_mimic::{Arguments, Trial};
use std::process::{Command, Output};
use std::time::Duration;

const CHILD: &str = "MARMOTA_TEST_PROGRAM";

fn main() {
    if let Ok(name) = std::env::var(CHILD) {
        // A program that hangs is killed: no test waits for ever.
        // SAFETY: alarm has no preconditions.
        unsafe { libc::alarm(60) };
        let body = PROGRAMS
            .iter()
            .find(|(of, _, _)| *of == name)
            .map(|program| program.1)
            .or_else(|| beside_go::body(&name))
            .expect("a program's name");
        let rt = marmota::Runtime::builder()
            .build()
            .expect("the default builds");
        // SAFETY: the programs hold no thread-local's borrow across a blocking call.
        unsafe { rt.run(body) };
        return;
    }
    let programs = PROGRAMS.iter().map(|&(name, _, check)| {
        Trial::test(name, move || {
            check(&|env| run(name, env));
            Ok(())
        })
    });
    let others = OTHERS.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    let trials = programs.chain(others).chain(beside_go::trials(run));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// Runs a program with this GOMAXPROCS; gives what it printed and how it ended.
fn run(name: &str, procs: &str) -> Output {
    Command::new(std::env::current_exe().expect("this test has a path"))
        .env(CHILD, name)
        .env("GOMAXPROCS", procs)
        .output()
        .expect("this test can run itself")
}

type Run<'a> = &'a dyn Fn(&str) -> Output;
type Program = (&'static str, fn(), fn(Run<'_>));

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asserts status 2 and that the words appear on standard error in this order.
#[track_caller]
fn ends_with_2_saying(output: &Output, words: &[&str]) {
    let err = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{err}");
    let mut rest = err.as_str();
    for word in words {
        let at = rest
            .find(word)
            .unwrap_or_else(|| panic!("no {word:?} in order in:\n{err}"));
        rest = &rest[at + word.len()..];
    }
}

const PROGRAMS: &[Program] = &[
    (
        "the end of main ends the program",
        || {
            marmota::go(|| {
                marmota::time::sleep(Duration::from_secs(3600));
                println!("never printed");
            });
            println!("main is done");
        },
        |run| {
            let out = run("2");
            assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
            assert_eq!(String::from_utf8_lossy(&out.stdout), "main is done\n");
        },
    ),
    (
        "a shared call's panic ends the program for who waits by channel, recovered or not",
        || {
            let calls = marmota::sync::singleflight::Group::<u8, u8>::new();
            let (begun_tx, begun) = marmota::chan::<()>(0);
            let (go_on_tx, go_on) = marmota::chan::<()>(0);
            marmota::go({
                let calls = calls.clone();
                move || {
                    let work = || {
                        begun_tx.close();
                        go_on.recv();
                        panic!("no answer")
                    };
                    let call = || calls.run(1, work);
                    _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call));
                }
            });
            begun.recv();
            let answer = calls.run_chan(1, || 0);
            go_on_tx.close();
            answer.recv();
        },
        |run| ends_with_2_saying(&run("2"), &["panic: no answer", "goroutine "]),
    ),
    (
        "a panic nobody recovers ends the program in Go's shape",
        || {
            let (_tx, rx) = marmota::chan::<()>(0);
            marmota::go(|| panic!("the reason {}", 7));
            rx.recv();
        },
        |run| {
            let words = [
                "panic: the reason 7\n\ngoroutine ",
                " [running]:\n",
                "tests/programs/main.rs:",
                "created by ",
                "tests/programs/main.rs:",
                " in goroutine 1\n",
            ];
            ends_with_2_saying(&run("2"), &words);
        },
    ),
    (
        "a panic in main ends the program too",
        || panic!("main is lost"),
        |run| {
            let words = ["panic: main is lost\n\ngoroutine 1 [running]:\n"];
            ends_with_2_saying(&run("1"), &words);
        },
    ),
    (
        "a recovered panic prints nothing",
        || {
            assert!(marmota::spawn(|| panic!("caught by join")).join().is_err());
            assert!(std::panic::catch_unwind(|| panic!("caught here")).is_err());
        },
        |run| {
            let out = run("2");
            assert_eq!(out.status.code(), Some(0));
            assert_eq!(stderr(&out), "");
        },
    ),
    (
        "a panic whose handle was dropped is nobody's",
        || {
            drop(marmota::spawn(|| panic!("unjoined")));
            marmota::time::sleep(Duration::from_secs(3600));
        },
        |run| ends_with_2_saying(&run("1"), &["panic: unjoined\n"]),
    ),
    (
        "a deadlock names everybody and where they wait",
        || {
            let (tx, rx) = marmota::chan::<i32>(0);
            let group = marmota::sync::WaitGroup::new();
            group.go(move || tx.send(1));
            group.wait();
            drop(rx);
        },
        |run| {
            for procs in ["1", "2", "8"] {
                let words = [
                    "fatal error: all goroutines are asleep - deadlock!\n\n",
                    "goroutine 1 [sync.WaitGroup.Wait]:\n",
                    "tests/programs/main.rs:",
                    "[chan send]:\n",
                    "tests/programs/main.rs:",
                    "created by ",
                    " in goroutine 1\n",
                ];
                ends_with_2_saying(&run(procs), &words);
            }
        },
    ),
    (
        "a thread from outside may still end what looks like a deadlock",
        || {
            let (tx, rx) = marmota::chan(0);
            std::thread::spawn(move || {
                // Long enough for all Ms to have gone to sleep; were it not, the
                // test would pass all the same.
                std::thread::sleep(Duration::from_millis(50));
                tx.send("from outside");
            });
            println!("{}", rx.recv().unwrap());
        },
        |run| {
            let out = run("2");
            assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
            assert_eq!(String::from_utf8_lossy(&out.stdout), "from outside\n");
        },
    ),
    (
        "a stack overflow is reported",
        || {
            fn deeper(n: u64) -> u64 {
                let frame = std::hint::black_box([n; 64]);
                if n == u64::MAX {
                    0
                } else {
                    deeper(n + 1) + frame[(n % 64) as usize]
                }
            }
            marmota::spawn(|| deeper(std::hint::black_box(0)))
                .join()
                .ok();
        },
        |run| {
            let words = [
                "runtime: goroutine stack exceeds ",
                "-byte limit\nfatal error: stack overflow\n\ngoroutine ",
                " [running]:\n",
            ];
            ends_with_2_saying(&run("2"), &words);
        },
    ),
    (
        "a malformed GOMAXPROCS is told once and the default serves",
        || println!("it runs"),
        |run| {
            let out = run("many");
            assert_eq!(out.status.code(), Some(0));
            let err = stderr(&out);
            let words = "marmota: GOMAXPROCS=many is not a number from 1 to 1024";
            assert!(err.starts_with(words), "{err}");
            assert_eq!(err.lines().count(), 1, "{err}");
        },
    ),
];

const OTHERS: &[(&str, fn())] = &[
    (
        "a bad builder option is an error that says what would do",
        bad_builder_options,
    ),
    (
        "a bigger stack carries a deeper recursion",
        deeper_recursion,
    ),
];

fn bad_builder_options() {
    let message = |b: marmota::Builder| b.build().unwrap_err().to_string();
    let builder = marmota::Runtime::builder;
    assert!(message(builder().procs(0)).contains("1 to 1024"));
    assert!(message(builder().procs(5000)).contains("1 to 1024"));
    assert!(message(builder().max_threads(0)).contains("at least 1"));
    assert!(message(builder().stack_size(100)).contains("at least one page"));
    assert!(message(builder().stack_size(usize::MAX)).contains("at least one page"));
    assert!(message(builder().stack_size(1 << 50)).contains("refuses to reserve"));
}

fn deeper_recursion() {
    fn depth(n: u32) -> u32 {
        let frame = std::hint::black_box([n; 256]);
        if n == 0 {
            0
        } else {
            depth(n - 1) + u32::from(frame[7] == n)
        }
    }
    let rt = marmota::Runtime::builder()
        .procs(1)
        .stack_size(64 << 20)
        .build()
        .unwrap();
    // SAFETY: nothing here uses thread-locals across a blocking call.
    let reached = unsafe { rt.run(|| depth(20_000)) };
    assert_eq!(reached, 20_000);
}
