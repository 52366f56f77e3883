use super::super::*;
use crate::sync::{Mutex, RwMutex, WaitGroup};
use crate::{chan, go, spawn};
use std::sync::Arc;
use std::time::Duration;

fn two_locks() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (a2, b2) = (a.clone(), b.clone());
    let other = spawn(move || {
        let _b = b2.lock();
        let _a = a2.lock();
    });
    {
        let _a = a.lock();
        let _b = b.lock();
    }
    other.join().unwrap();
}

#[test]
fn a_deadlock_says_who_holds_what_and_draws_the_circle() {
    let report = explore(two_locks);
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    for (me, other) in [(0, 1), (1, 0)] {
        assert_eq!(all[me].holds.len(), 1);
        assert_eq!(all[me].waits_for.len(), 1);
        assert_eq!(all[me].waits_for[0].goroutine, all[other].goroutine);
        assert_eq!(all[me].waits_for[0].at, all[other].holds[0].at);
        assert!(!all[me].waits_for[0].ended);
    }
    let text = report.to_string();
    assert!(text.contains("they wait in a circle"), "{text}");
    assert!(text.contains("STUCK: sync.Mutex.Lock"), "{text}");
}

#[test]
fn a_lock_that_nobody_will_give_back_is_told_apart() {
    let report = explore(|| {
        let lock = Arc::new(Mutex::new(()));
        let theirs = lock.clone();
        spawn(move || std::mem::forget(theirs.lock()))
            .join()
            .unwrap();
        drop(lock.lock());
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert!(all[0].waits_for[0].ended);
    assert!(
        report
            .to_string()
            .contains("has ended without giving it back")
    );
}

#[test]
fn a_lock_of_ones_own_is_a_circle_of_one() {
    let report = explore(|| {
        let lock = Mutex::new(());
        let _held = lock.lock();
        drop(lock.lock());
    });
    assert!(
        report.to_string().contains("goroutine 1 waits for itself"),
        "{report}"
    );
}

#[test]
fn a_lock_handed_on_and_given_back_by_another_is_nobodys() {
    let report = explore(|| {
        let lock: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
        let held = lock.lock();
        spawn(move || drop(held)).join().unwrap();
        let (_tx, rx) = chan::<()>(0);
        rx.recv();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert!(all[0].holds.is_empty(), "{report}");
}

#[test]
fn joining_and_waiting_name_the_goroutine_that_is_waited_for() {
    let report = explore(|| {
        let (_tx, rx) = chan::<()>(0);
        spawn(move || rx.recv()).join().unwrap();
    });
    assert!(
        report.to_string().contains("waits for goroutine 2 to end"),
        "{report}"
    );
    let report = explore(|| {
        let (_tx, rx) = chan::<()>(0);
        let group = WaitGroup::new();
        group.go(move || assert!(rx.recv().is_some()));
        group.wait();
    });
    assert!(
        report
            .to_string()
            .contains("waits for the done of goroutine 2"),
        "{report}"
    );
}

#[test]
fn the_lane_picture_fits_a_terminal_however_long_the_run() {
    for goroutines in [1, 3, 50] {
        let report = explore(move || {
            let (tx, rx) = chan(0);
            for i in 0..goroutines {
                let tx = tx.clone();
                go(move || (0..100).for_each(|j| tx.send(i * j)));
            }
            (0..goroutines * 100).for_each(|_| assert!(rx.recv().is_some()));
            rx.recv();
        });
        let trace = report.trace.as_ref().expect("a failure has a trace");
        let lanes = trace.lanes();
        assert!(lanes.lines().count() <= 24, "{lanes}");
        assert!(lanes.lines().all(|l| l.chars().count() <= 116), "{lanes}");
        assert!(lanes.contains("STUCK: chan receive"), "{lanes}");
        assert!(lanes.contains("more …"), "{lanes}");
    }
}

#[test]
fn the_same_failure_is_drawn_with_the_same_bytes() {
    let draw = || {
        let report = explore(two_locks);
        let trace = report.trace.expect("a failure has a trace");
        (trace.lanes(), trace.svg())
    };
    let (lanes, svg) = draw();
    assert_eq!(draw(), (lanes, svg.clone()));
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("<g>").count(), svg.matches("</g>").count());
    assert!(svg.contains("prefers-color-scheme:dark"));
    assert!(
        svg.contains("<title>goroutine 1 STUCK: sync.Mutex.Lock at "),
        "{svg}"
    );
}

#[test]
fn time_that_passes_is_a_line_of_its_own() {
    let report = explore(|| {
        crate::time::sleep(Duration::from_secs(3));
        panic!("late");
    });
    let lanes = report.trace.unwrap().lanes();
    assert!(lanes.contains("~~~ time is now 3s ~~~"), "{lanes}");
    assert!(lanes.contains("panics"), "{lanes}");
}

#[test]
fn waiting_for_the_others_returns_when_all_are_blocked() {
    let report = explore(|| {
        let count = Arc::new(Mutex::new(0));
        let (tx, rx) = chan::<()>(0);
        for _ in 0..3 {
            let (count, rx) = (count.clone(), rx.clone());
            go(move || {
                *count.lock() += 1;
                rx.recv();
                *count.lock() += 1;
                crate::time::sleep(Duration::from_secs(1));
                *count.lock() += 1;
            });
        }
        for expected in [3, 6] {
            wait();
            assert_eq!(*count.lock(), expected);
            if expected == 3 {
                tx.close();
            }
        }
        crate::time::sleep(Duration::from_secs(1));
        wait();
        assert_eq!(*count.lock(), 9);
    });
    assert!(report.passed(), "{report}");
}

#[test]
fn only_one_may_wait_for_all_others() {
    let report = explore(|| {
        go(wait);
        wait();
    });
    let Verdict::Panicked(info) = &report.verdict else {
        panic!("{report}")
    };
    assert!(
        info.message.contains("two goroutines are in sim::wait"),
        "{info}"
    );
}

#[test]
fn a_primitive_that_outlives_a_failing_run_wakes_nobody_of_it() {
    // The first run leaves a receiver behind in the channel.
    let (tx, rx) = chan::<i32>(0);
    let left = rx.clone();
    let report = run(move || assert!(left.recv().is_none()));
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
    let report = run(move || {
        // Taken by the one left behind, which never runs again.
        tx.send(1);
        go(move || tx.send(2));
        assert_eq!(rx.recv(), Some(2));
    });
    assert!(report.passed(), "{report}");
}

#[test]
fn a_deadlock_on_a_channel_says_who_used_its_other_side() {
    let report = explore(|| {
        let (tx, rx) = chan(0);
        let kept = tx.clone();
        go(move || tx.send(1));
        rx.recv();
        rx.recv();
        drop(kept);
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].hopeless, None, "one that can send is left");
    let [partner] = &all[0].other_side[..] else {
        panic!("{report}")
    };
    assert_eq!((partner.goroutine, partner.ended), (2, true));
    let text = report.to_string();
    assert!(text.contains("goroutine 2 sent on it at "), "{text}");
    assert!(text.contains(", and has ended"), "{text}");
}

#[test]
fn a_channel_at_the_address_of_another_is_not_the_other() {
    let report = explore(|| {
        for _ in 0..3 {
            let (tx, rx) = chan(0);
            let sender = spawn(move || tx.send(1));
            rx.recv();
            sender.join().unwrap();
        }
        let (_tx, rx) = chan::<i32>(0);
        rx.recv();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].other_side, []);
}

#[test]
fn a_wait_that_nobody_can_end_says_so() {
    let report = explore(|| {
        let (tx, rx) = chan::<()>(0);
        go(move || drop(tx));
        rx.recv();
    });
    assert!(
        report
            .to_string()
            .contains("no handle that can send or close is left"),
        "{report}"
    );
    let report = explore(|| {
        let (tx, rx) = chan(0);
        go(move || drop(rx));
        tx.send(());
    });
    assert!(
        report
            .to_string()
            .contains("no handle that can receive is left"),
        "{report}"
    );
}

#[test]
fn all_that_happens_is_shown_where_the_program_did_it() {
    let report = explore(|| {
        let (to, group) = (chan::<u32>(0).0, WaitGroup::new());
        let (gate, never) = (Arc::new(Mutex::new(0)), chan::<u32>(0).1);
        crate::scope(|s| {
            let gate = &gate;
            s.go(move || *gate.lock() += 1);
            let other = s.spawn(move || *gate.lock() += 1);
            other.join().unwrap();
            group.go(|| crate::time::sleep(Duration::from_millis(1)));
            crate::runtime::gosched();
            group.wait();
            assert_eq!(never.recv(), None);
        });
        to.send(1);
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
    let trace = report.trace.unwrap();
    assert!(trace.rows.len() > 8);
    for row in &trace.rows {
        assert!(row.at.is_none_or(|at| at.file == file!()), "{row:?}");
    }
}

#[test]
fn who_asks_in_vain_to_write_gives_back_nothing_of_the_readers() {
    let report = explore(|| {
        let lock = Arc::new(RwMutex::new(()));
        let theirs = lock.clone();
        let _held = lock.read();
        spawn(move || assert!(theirs.try_write().is_none()))
            .join()
            .unwrap();
        let (_to, from) = chan::<u32>(0);
        from.recv();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].holds.len(), 1, "{report}");
}
