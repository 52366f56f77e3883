//! Every way a run can end, as a small program, and the verdict it gets.

use std::sync::{Mutex, MutexGuard};

use marmota_verdict::Verdict;

use super::*;
use crate::suite::Suite;
use crate::{Gate, Meeting, Ticket, expect_eq};

/// Expectations have one slot a process, and a graded test has a process of its own;
/// these tests share one and take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The report on `body`, for a learner whose sources are these here.
fn report_on(body: impl Fn() + Send + Sync + 'static) -> TestReport {
    let _turn = turn();
    let mut suite = Suite::new("");
    suite
        .test("one::test", "something", body)
        .on(Verdict::Deadlock, "because");
    let here = file!().rsplit_once('/').map_or("", |(folder, _)| folder);
    explore(&suite.tests[0], here, Some(50))
}

#[test]
fn a_run_that_ends_well_in_every_schedule_passes() {
    let report = report_on(|| {
        let other = marmota::spawn(|| 1);
        expect_eq("what came back", &other.join().ok(), &Some(1));
    });
    assert_eq!(report.verdict, Verdict::Passed);
    // Fewer than 50 if those are all there are.
    assert!((1..=50).contains(&report.schedules));
    assert_eq!((report.replay, report.why), (None, None));
}

#[test]
#[allow(clippy::todo, reason = "it is what a starter is made of")]
fn a_todo_is_not_started_on_whichever_goroutine() {
    assert_eq!(report_on(|| todo!()).verdict, Verdict::NotStarted);
    let elsewhere = report_on(|| {
        let gate = Gate::new();
        marmota::go(|| todo!("some day"));
        gate.pass();
    });
    assert_eq!(elsewhere.verdict, Verdict::NotStarted);
}

#[test]
fn an_expectation_that_is_not_met_is_a_wrong_result_with_both_values() {
    let report = report_on(|| expect_eq("the sum", &3, &4));
    assert_eq!(report.verdict, Verdict::WrongResult);
    assert_eq!(report.happened, "the sum");
    let values = (report.expected.as_deref(), report.seen.as_deref());
    assert_eq!(values, (Some("4"), Some("3")));
    assert!(report.replay.is_some());
}

#[test]
fn an_expectation_that_the_learner_swallows_still_counts() {
    let report = report_on(|| {
        let swallowed = marmota::spawn(|| expect_eq("the sum", &3, &4)).join();
        assert!(swallowed.is_err());
    });
    assert_eq!(report.verdict, Verdict::WrongResult);
    assert_eq!(report.seen.as_deref(), Some("3"));
}

#[test]
fn one_wrong_schedule_among_many_is_found_and_replayed() {
    let report = report_on(|| {
        let first = crate::Log::new();
        let goroutines = [1, 2].map(|n| {
            let first = first.clone();
            marmota::spawn(move || first.push(n))
        });
        for goroutine in goroutines {
            goroutine.join().expect("push does not panic");
        }
        expect_eq("who came first", &first.all()[0], &1);
    });
    assert_eq!(report.verdict, Verdict::WrongResult);
    assert!(report.schedules > 0 && report.replay.is_some());
}

#[test]
fn a_panic_is_named_with_its_message_and_the_learners_line() {
    let report = report_on(|| panic!("out of paper"));
    assert_eq!(report.verdict, Verdict::Panicked);
    assert!(
        report.happened.contains("out of paper"),
        "{}",
        report.happened
    );
    let place = report.place.expect("the panic is in these sources");
    assert!(place.file.ends_with("explore_tests.rs"), "{place}");
}

#[test]
fn a_deadlock_lists_who_waits_where_and_says_why() {
    let report = report_on(|| {
        let meeting = Meeting::of(3);
        let other = meeting.clone();
        marmota::go(move || other.arrive());
        meeting.arrive();
    });
    assert_eq!(report.verdict, Verdict::Deadlock);
    assert_eq!(report.waiting.len(), 2);
    assert!(report.waiting.iter().all(|w| w.at.is_some()));
    assert_eq!(report.why.as_deref(), Some("because"));
    assert!(report.place.is_some());
}

#[test]
fn a_goroutine_that_is_left_is_a_leak() {
    let report = report_on(|| {
        let gate = Gate::new();
        marmota::go(move || gate.pass());
    });
    assert_eq!(report.verdict, Verdict::Leak);
    assert_eq!(report.waiting.len(), 1);
}

#[test]
fn accesses_that_nothing_orders_are_a_race_with_both_places() {
    let report = report_on(|| {
        let shared = Arc::new(marmota::race::RaceCell::new(0));
        let theirs = Arc::clone(&shared);
        let other = marmota::spawn(move || theirs.set(1));
        shared.get();
        other.join().expect("set does not panic");
    });
    assert_eq!(report.verdict, Verdict::Race);
    let places = report.happened.matches("explore_tests.rs:").count();
    assert_eq!(places, 2, "{}", report.happened);
    let sides = ["main reads", "goroutine 2 writes"].map(|s| report.happened.contains(s));
    assert_eq!(sides, [true, true], "{}", report.happened);
    assert!(report.place.is_some() && report.replay.is_some());
}

#[test]
fn going_round_in_circles_is_a_livelock() {
    let report = report_on(|| {
        loop {
            marmota::runtime::gosched();
        }
    });
    assert_eq!(report.verdict, Verdict::Livelock);
}

#[test]
fn no_schedule_is_no_pass() {
    let _turn = turn();
    let mut suite = Suite::new("");
    suite.test("one::test", "something", || {});
    let report = explore(&suite.tests[0], "", Some(0));
    assert_eq!(report.verdict, Verdict::ExitedEarly);
}

#[test]
fn a_ticket_tells_that_its_closure_is_gone() {
    let report = report_on(|| {
        let (ticket, gone) = Ticket::new();
        let never_runs = move || drop(ticket);
        drop(never_runs);
        gone.pass();
    });
    assert_eq!(report.verdict, Verdict::Passed);
}

#[test]
fn a_failure_of_several_goroutines_is_drawn_in_fewer_and_fewer_lines() {
    let report = report_on(|| {
        let other = marmota::spawn(|| {
            (0..20).for_each(|_| marmota::runtime::gosched());
            1
        });
        expect_eq("what came back", &other.join().ok(), &Some(2));
    });
    let lines: Vec<usize> = report.pictures.iter().map(|p| p.lines().count()).collect();
    assert!(
        lines.len() > 2 && lines.is_sorted_by(|a, b| a > b),
        "{lines:?}"
    );
    assert!(lines[0] <= 24 && lines[lines.len() - 1] <= 5, "{lines:?}");
    for picture in &report.pictures {
        assert!(
            picture.contains("FAILED") && !picture.contains("panics"),
            "{picture}"
        );
        assert!(
            picture.lines().all(|l| l.chars().count() <= 80),
            "{picture}"
        );
    }
    // One goroutine alone is not worth a picture, and what passes has none.
    assert!(
        report_on(|| expect_eq("the sum", &3, &4))
            .pictures
            .is_empty()
    );
    assert!(
        report_on(|| drop(marmota::spawn(|| 1).join()))
            .pictures
            .is_empty()
    );
}

#[test]
fn a_race_names_both_who_touch_the_variable() {
    let report = report_on(|| {
        let cell = std::sync::Arc::new(marmota::race::RaceCell::new(0));
        let theirs = cell.clone();
        let other = marmota::spawn(move || theirs.set(1));
        cell.set(2);
        other.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Race);
    for words in [
        "main writes (explore_tests.rs:",
        "goroutine 2 writes (explore_tests.rs:",
        "nothing orders the two",
    ] {
        assert!(report.happened.contains(words), "{}", report.happened);
    }
    assert!(report.place.is_some());
}

#[test]
fn verdicts_are_given_for_each_seed() {
    let _turn = turn();
    let mut suite = Suite::new("");
    // Wrong under some schedules only, which each seed has to find.
    suite.test("one::test", "something", || {
        let cell = std::sync::Arc::new(marmota::sync::Mutex::new(0));
        let theirs = cell.clone();
        marmota::go(move || *theirs.lock() = 1);
        let seen = *cell.lock();
        expect_eq("what the other wrote", &seen, &1);
    });
    suite.test("one::right", "something", || {
        drop(marmota::spawn(|| 1).join())
    });
    assert_eq!(
        verdicts(&suite.tests[0], "", 20),
        [Verdict::WrongResult; 20]
    );
    assert_eq!(verdicts(&suite.tests[1], "", 3), [Verdict::Passed; 3]);
}

#[test]
fn places_inside_the_standard_library_are_not_shown() {
    let report = report_on(|| {
        let (tx, rx) = marmota::chan::<i32>(0);
        let all: Vec<i32> = rx.into_iter().collect();
        drop((tx, all));
    });
    assert_eq!(
        (report.verdict, &report.waiting[0].at),
        (Verdict::Deadlock, &None)
    );
    assert_eq!(report.waiting[0].to_string(), "chan receive");
}
