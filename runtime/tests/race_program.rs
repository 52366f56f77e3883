//! Races in parallel programs: `MARMOTA_RACE=1`, the report on standard error, and
//! exit status 66. Each test runs this executable again as a child, in which the
//! test called `child` is the program.

use marmota::race::RaceCell;
use marmota::sync::{Mutex, WaitGroup};
use marmota::{chan, go, spawn};
use std::process::{Command, Output};
use std::sync::Arc;

const PROGRAM: &str = "MARMOTA_TEST_PROGRAM";

fn run(program: &str, race: Option<&str>, procs: usize) -> Output {
    let mut command = Command::new(std::env::current_exe().expect("this test has a path"));
    command
        .args(["--exact", "child", "--nocapture"])
        .env(PROGRAM, program)
        .env("GOMAXPROCS", procs.to_string())
        .env_remove("MARMOTA_RACE");
    if let Some(value) = race {
        command.env("MARMOTA_RACE", value);
    }
    command.output().expect("this test can run itself")
}

#[test]
fn child() {
    match std::env::var(PROGRAM).as_deref() {
        Ok("racy") => racy(),
        Ok("ordered") => ordered(),
        Ok("many") => many(),
        Ok("test") => test(),
        _ => {}
    }
}

#[marmota::main]
fn racy() {
    let (cell, group) = (Arc::new(RaceCell::new(0)), WaitGroup::new());
    for _ in 0..2 {
        let cell = cell.clone();
        group.go(move || cell.update(|n| n + 1));
    }
    group.wait();
}

#[marmota::test]
fn test() {
    // A race in a program of this name only, not in the parent.
    if std::env::var_os(PROGRAM).is_some() {
        let cell = Arc::new(RaceCell::new(0));
        let theirs = cell.clone();
        let other = spawn(move || theirs.set(1));
        cell.set(2);
        other.join().unwrap();
    }
}

/// One variable, handed round through everything that orders.
#[marmota::main]
fn ordered() {
    let cell = Arc::new(RaceCell::new(0));
    let add = |cell: &RaceCell<i32>| cell.update(|n| n + 1);
    for round in 0..50 {
        for capacity in [0, 1, 3] {
            let (tx, rx) = chan(capacity);
            let theirs = cell.clone();
            go(move || {
                add(&theirs);
                tx.send(round);
                tx.close();
            });
            assert_eq!(rx.iter().count(), 1);
            add(&cell);
        }
        let (lock, group) = (Arc::new(Mutex::new(())), WaitGroup::new());
        for _ in 0..4 {
            let (cell, lock) = (cell.clone(), lock.clone());
            group.go(move || {
                for _ in 0..10 {
                    let _held = lock.lock();
                    add(&cell);
                }
            });
        }
        group.wait();
        let theirs = cell.clone();
        spawn(move || add(&theirs)).join().unwrap();
        let timeout = marmota::time::after(std::time::Duration::from_nanos(1));
        let theirs = cell.clone();
        spawn(move || {
            timeout.recv();
            add(&theirs);
        })
        .join()
        .unwrap();
        marmota::scope(|s| s.go(|| add(&cell)));
    }
    assert_eq!(cell.get(), 50 * (6 + 40 + 3));
}

/// More goroutines than there are slots, though never at once.
#[marmota::main]
fn many() {
    let (total, lock) = (Arc::new(RaceCell::new(0)), Arc::new(Mutex::new(())));
    for _ in 0..100 {
        let group = WaitGroup::new();
        for _ in 0..100 {
            let (total, lock) = (total.clone(), lock.clone());
            group.go(move || {
                let _held = lock.lock();
                total.set(total.get() + 1);
            });
        }
        group.wait();
    }
    assert_eq!(total.get(), 10_000);
}

#[test]
fn a_race_is_reported_and_the_program_ends_with_66() {
    for procs in [1, 2, 8] {
        let output = run("racy", Some("1"), procs);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(66), "{procs}: {text}");
        assert!(text.contains("WARNING: DATA RACE\n"), "{text}");
        assert!(text.contains("Previous "), "{text}");
        assert!(text.contains("race_program.rs:"), "{text}");
        assert!(text.contains("was created by goroutine 1 at:"), "{text}");
        assert!(text.contains("Found 1 data race(s)"), "{text}");
    }
}

#[test]
fn without_the_variable_nobody_looks() {
    for value in [None, Some("0")] {
        let output = run("racy", value, 2);
        assert_eq!(output.status.code(), Some(0));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("RACE"));
    }
}

#[test]
fn what_is_ordered_is_never_reported() {
    for program in ["ordered", "many"] {
        for procs in [1, 2, 8] {
            let output = run(program, Some("1"), procs);
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{program} {procs}: {text}");
            assert!(!text.contains("RACE"), "{program} {procs}: {text}");
        }
    }
}

#[test]
fn a_test_with_a_race_fails() {
    let output = run("test", Some("1"), 2);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{text}");
    assert!(
        text.contains("race detected during execution of test"),
        "{text}"
    );
}
