//! Where the collected heap ends: no more memory, and too many handles to count.

use marmota::gc::{self, Gc};
use std::process::{Command, Output};

const PROGRAM: &str = "MARMOTA_TEST_PROGRAM";

fn run(program: &str) -> Output {
    Command::new(std::env::current_exe().expect("this test has a path"))
        .args(["--exact", "child", "--nocapture"])
        .env(PROGRAM, program)
        .output()
        .expect("this test can run itself")
}

#[test]
fn child() {
    let Ok(program) = std::env::var(PROGRAM) else {
        return;
    };
    // The runtime's tables and stacks reserve much, and touch little.
    const LIMIT: u64 = 6 << 30;
    let limit = libc::rlimit {
        rlim_cur: LIMIT,
        rlim_max: LIMIT,
    };
    // SAFETY: `limit` is a valid place to read from; alarm has no preconditions.
    unsafe {
        libc::setrlimit(libc::RLIMIT_AS, &limit);
        libc::alarm(60);
    }
    match program.as_str() {
        "hold" => hold(),
        "let go" => let_go(),
        "one" => {
            drop(gc::GcVec::<Gc<u8>>::with_capacity(1 << 40));
        }
        other => panic!("no program {other}"),
    }
}

/// A megabyte, of which some words are touched.
fn block() -> gc::GcVec<Gc<u8>> {
    gc::GcVec::with_capacity(1 << 17)
}

#[marmota::main]
fn hold() {
    marmota::debug::set_gc_percent(-1);
    let mut all = Vec::new();
    loop {
        all.push(block());
    }
}

#[marmota::main]
fn let_go() {
    for _ in 0..10_000 {
        drop(block());
    }
}

fn ends_for_want_of_memory(program: &str) {
    let output = run(program);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains("fatal error: runtime: cannot reserve")
            && text.contains("for the collected heap")
            && text.contains("ulimit -v"),
        "{text}"
    );
}

#[test]
fn a_program_that_holds_more_than_there_is_ends_and_says_so() {
    ends_for_want_of_memory("hold");
}

#[test]
fn so_does_one_that_asks_for_more_at_once() {
    ends_for_want_of_memory("one");
}

#[test]
fn one_that_lets_go_of_it_goes_on() {
    let output = run("let go");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn a_vector_longer_than_memory_is_addressed_is_refused() {
    drop(gc::GcVec::<Gc<u8>>::with_capacity(usize::MAX / 8));
}

#[test]
fn an_object_with_more_handles_than_can_be_counted_is_there_for_ever() {
    let object = Gc::new([7u64; 3]);
    let weak = Gc::downgrade(&object);
    let handles: Vec<_> = (0..1 << 20).map(|_| object.clone()).collect();
    assert!(handles.iter().all(|handle| Gc::ptr_eq(handle, &object)));
    drop((object, handles));
    gc::gc();
    assert_eq!(weak.upgrade().as_deref(), Some(&[7; 3]));
    // As an edge, too.
    let holder = Gc::new(weak.upgrade());
    drop(holder);
    gc::gc();
    assert!(weak.upgrade().is_some());
}
