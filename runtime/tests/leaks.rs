//! Goroutines of a live program that wait for ever, and waiting until all others do.
//!
//! Reports are asked for when nothing else can move (`sim::wait`), so that it is certain
//! what they have to say.

#[path = "common/child.rs"]
mod child;

use child::{Program, Test, as_main, at_every_width, ends_with_2_saying, prints};
use marmota::debug::{Hopeless, LeakReport, leak_profile, leak_report};
use marmota::sync::{Mutex, WaitGroup};
use marmota::{Chan, chan, context, go, runtime, select, sim, spawn, time};
use std::sync::Arc;
use std::time::Duration;

fn main() {
    child::run_all(PROGRAMS, TESTS);
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "wait_ends_when_all_others_are_blocked_for_good",
        body: || as_main(waits_for_all_others),
        check: |run| prints(&run(&[]), "1 2 3\n"),
    },
    Program {
        name: "wait_does_not_hide_a_deadlock_that_comes_later",
        body: || {
            as_main(|| {
                sim::wait();
                Chan::<()>::nil().recv();
            });
        },
        check: |run| ends_with_2_saying(&run(&[]), &["all goroutines are asleep"]),
    },
    Program {
        name: "a_thread_from_outside_may_still_act",
        body: || as_main(a_thread_acts),
        check: |run| prints(&run(&[]), "woken\n"),
    },
];

const TESTS: &[Test] = &[
    ("nobody_can_send", || everywhere(nobody_can_send)),
    ("nobody_can_receive", || everywhere(nobody_can_receive)),
    ("nil_is_for_ever", || everywhere(nil_is_for_ever)),
    ("select_needs_one_case", || {
        everywhere(select_needs_one_case)
    }),
    ("who_joins_the_lost_is_lost", || {
        everywhere(who_joins_the_lost_is_lost)
    }),
    ("a_handle_anywhere_is_hope", || {
        everywhere(a_handle_anywhere_is_hope)
    }),
    ("what_ends_by_itself_is_no_leak", || {
        at_every_width(what_ends_by_itself_is_no_leak);
    }),
    ("a_profile_counts_by_place", || {
        everywhere(a_profile_counts_by_place)
    }),
    ("the_text_says_where_and_why", || {
        everywhere(the_text_says_where_and_why)
    }),
    ("handles_are_counted_by_what_they_can_do", || {
        everywhere(handles_are_counted_by_what_they_can_do);
    }),
    ("a_forgotten_cancel_is_found", || {
        everywhere(a_forgotten_cancel_is_found)
    }),
    ("no_false_alarm_while_all_moves", || {
        at_every_width(no_false_alarm_while_all_moves)
    }),
    ("nothing_to_report_outside", || {
        assert_eq!(leak_report(), LeakReport::default());
    }),
];

/// Both drivers. What a deterministic run leaves behind is its point here.
fn everywhere(f: fn()) {
    at_every_width(f);
    let report = sim::Explorer::new().schedules(100).run(f);
    if let sim::Verdict::Panicked(info) = &report.verdict {
        panic!("{info}\n{report}");
    }
}

/// The report when nothing moves any more, which has this many entries.
#[track_caller]
fn report_of(n: usize) -> LeakReport {
    sim::wait();
    let report = leak_report();
    assert_eq!(report.leaked.len(), n, "{report}");
    report
}

fn nobody_can_send() {
    let (tx, rx) = chan::<i32>(1);
    let theirs = rx.clone();
    go(move || {
        theirs.recv();
    });
    assert!(leak_report().is_empty(), "tx is still there");
    drop(tx);
    let report = report_of(1);
    assert_eq!(report.leaked[0].why, Hopeless::NoSender);
    assert_eq!(report.leaked[0].parent, 1);
    assert!(report.leaked[0].created_at.is_some());
    drop(rx);
}

fn nobody_can_receive() {
    let (tx, rx) = chan(1);
    let theirs = tx.clone();
    go(move || {
        theirs.send(1);
        theirs.send(2);
    });
    assert!(leak_report().is_empty(), "rx is still there");
    drop(rx);
    assert_eq!(report_of(1).leaked[0].why, Hopeless::NoReceiver);
    drop(tx);
}

fn nil_is_for_ever() {
    go(|| Chan::nil().send(1));
    go(|| {
        Chan::<()>::nil().recv();
    });
    go(|| select! {});
    let report = report_of(3);
    assert!(report.leaked.iter().all(|l| l.why == Hopeless::Nil));
}

fn select_needs_one_case() {
    let (a, from_a) = chan::<()>(0);
    let (b, from_b) = chan::<()>(0);
    let (to_c, c) = chan(0);
    go(move || {
        select! {
            <-from_a => {}
            <-from_b => {}
            to_c <- () => {}
            <-Chan::<()>::nil() => {}
        }
    });
    // Each of the three keeps it alive.
    let a2 = a.clone();
    drop((a, c));
    sim::wait();
    assert!(leak_report().is_empty(), "a2 and b are still there");
    drop(b);
    assert!(leak_report().is_empty(), "a2 is still there");
    drop(a2);
    assert_eq!(report_of(1).leaked[0].why, Hopeless::NoCase);
}

fn who_joins_the_lost_is_lost() {
    let (tx, rx) = chan::<()>(0);
    let first = spawn(move || rx.recv());
    let second = spawn(move || first.join().is_ok());
    go(move || {
        let _ = second.join();
    });
    sim::wait();
    assert!(leak_report().is_empty(), "tx is still there");
    drop(tx);
    let report = report_of(3);
    let count = |why| report.leaked.iter().filter(|l| l.why == why).count();
    assert_eq!((count(Hopeless::NoSender), count(Hopeless::Join)), (1, 2));
}

/// A handle in another channel's buffer, in a value behind a lock, in a goroutine that
/// waits itself, in one's own goroutine.
fn a_handle_anywhere_is_hope() {
    let (tx, rx) = chan::<()>(0);
    let (post, postbox) = chan(1);
    post.send(tx.clone());
    let kept = Arc::new(Mutex::new(Some(tx.clone())));
    let (quit, quitting) = chan::<()>(0);
    go(move || {
        quitting.recv();
        drop(tx);
    });
    go(move || {
        rx.recv();
    });
    sim::wait();
    assert!(leak_report().is_empty());
    drop(postbox.recv());
    assert!(leak_report().is_empty());
    kept.lock().take();
    assert!(leak_report().is_empty());
    quit.close();
    assert_eq!(report_of(1).leaked[0].why, Hopeless::NoSender);
}

fn what_ends_by_itself_is_no_leak() {
    let group = WaitGroup::new();
    let ticker = time::Ticker::new(Duration::from_millis(1));
    let ticks = ticker.channel();
    group.go(move || {
        for _ in 0..3 {
            ticks.recv();
        }
    });
    group.go(|| {
        time::after(Duration::from_millis(5)).recv();
    });
    group.go(|| {
        select! {
            <-time::after(Duration::from_millis(5)) => {}
            <-Chan::<()>::nil() => {}
        }
    });
    group.go(|| {
        let (context, _cancel) =
            context::with_timeout(&context::background(), Duration::from_millis(5));
        context.done().recv();
    });
    group.go(|| time::sleep(Duration::from_millis(5)));
    let (ended, ends) = chan::<()>(0);
    go(move || {
        group.wait();
        ended.close();
    });
    loop {
        assert!(leak_report().is_empty(), "{}", leak_report());
        select! {
            <-ends => return,
            default => runtime::gosched(),
        }
    }
}

fn a_profile_counts_by_place() {
    for _ in 0..5 {
        go(|| Chan::nil().send(1));
    }
    for _ in 0..2 {
        go(|| {
            Chan::<()>::nil().recv();
        });
    }
    report_of(7);
    let profile = leak_profile();
    let counts: Vec<usize> = profile.groups.iter().map(|g| g.count).collect();
    assert_eq!(
        (counts, profile.leaked, profile.goroutines),
        (vec![5, 2], 7, 8)
    );
    let text = profile.to_string();
    assert!(text.contains("7 of 8 goroutines wait for ever"), "{text}");
    assert!(text.contains("5 [chan send (nil chan) (leaked)]"), "{text}");
}

fn the_text_says_where_and_why() {
    let (tx, rx) = chan::<()>(0);
    go(move || {
        rx.recv();
    });
    drop(tx);
    let text = report_of(1).to_string();
    let mut rest = text.as_str();
    for words in [
        "1 of 2 goroutines wait for ever",
        "[chan receive (leaked)]: no handle that can send or close is left; close the channel",
        "tests/leaks.rs:",
        "created by ",
        "tests/leaks.rs:",
        " in goroutine 1",
    ] {
        let at = rest.find(words);
        rest = &rest[at.unwrap_or_else(|| panic!("no {words:?} in order in:\n{text}"))..];
    }
}

/// Each way to a handle, and each way of losing one.
fn handles_are_counted_by_what_they_can_do() {
    let both = Chan::<()>::new(0);
    let rx = both.receiver();
    go(move || {
        rx.recv();
    });
    sim::wait();
    assert!(leak_report().is_empty(), "both can send");
    let (tx, rx2) = both.clone().split();
    let only_receives: marmota::Receiver<()> = both.into();
    assert!(leak_report().is_empty(), "tx can send");
    let tx2 = tx.clone();
    drop(tx);
    assert!(leak_report().is_empty(), "tx2 can send");
    let in_iter = rx2.into_iter();
    drop(tx2);
    report_of(1);
    drop((only_receives, in_iter));
    report_of(1);
}

fn a_forgotten_cancel_is_found() {
    let (context, cancel) = context::with_cancel(&context::background());
    let done = context.done();
    go(move || {
        done.recv();
    });
    sim::wait();
    assert!(leak_report().is_empty(), "it may still be cancelled");
    drop((context, cancel));
    report_of(1);
}

/// Everything hands everything on, and something is always in someone's hands.
fn no_false_alarm_while_all_moves() {
    let (tx, rx) = chan::<(u32, marmota::Sender<()>)>(2);
    let group = WaitGroup::new();
    for _ in 0..4 {
        let (tx, rx) = (tx.clone(), rx.clone());
        group.go(move || {
            for _ in 0..200 {
                let (answer, answers) = chan(0);
                tx.send((1, answer));
                let (_, theirs) = rx.recv().expect("nobody closes");
                go(move || theirs.send(()));
                answers.recv();
            }
        });
    }
    let (ended, ends) = chan::<()>(0);
    go(move || {
        group.wait();
        ended.close();
    });
    loop {
        let report = leak_report();
        assert!(report.is_empty(), "{report}");
        select! {
            <-ends => return,
            default => runtime::gosched(),
        }
    }
}

fn waits_for_all_others() {
    let (tx, rx) = chan::<i32>(0);
    let log = Arc::new(Mutex::new(vec![]));
    let theirs = log.clone();
    go(move || {
        time::sleep(Duration::from_millis(20));
        theirs.lock().push(1);
        rx.recv();
        theirs.lock().push(2);
        rx.recv();
    });
    sim::wait();
    assert_eq!(*log.lock(), [1], "it slept, and now waits");
    tx.send(0);
    sim::wait();
    assert_eq!(*log.lock(), [1, 2]);
    drop(tx);
    sim::wait();
    assert_eq!(leak_report().leaked.len(), 1);
    println!("1 2 3");
}

fn a_thread_acts() {
    let (tx, rx) = chan::<()>(0);
    let woken = Arc::new(Mutex::new(false));
    let (theirs, by) = (woken.clone(), tx.clone());
    go(move || {
        rx.recv();
        *theirs.lock() = true;
    });
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        by.send(());
    });
    sim::wait();
    assert!(*woken.lock(), "the thread was not waited for");
    println!("woken");
}
