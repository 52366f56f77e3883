//! Which case a select takes, and until when it waits.

use super::common::{everywhere, panic_message, under_schedules};
use marmota::chan::{Chan, chan};
use marmota::sim::Verdict;
use marmota::sync::WaitGroup;
use marmota::{go, select, spawn};

#[test]
fn a_single_receive_waits_for_its_value() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        go(move || tx.send(7));
        let got = select! { v = <-rx => v };
        assert_eq!(got, Some(7));
    });
}

#[test]
fn a_single_send_waits_for_its_receiver() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let taken = spawn(move || rx.recv());
        select! { tx <- 7 => {} }
        assert_eq!(taken.join().unwrap(), Some(7));
    });
}

#[test]
fn of_several_the_one_that_comes_is_taken() {
    everywhere(|| {
        let (a, from_a) = chan::<i32>(0);
        let (_b, from_b) = chan::<&str>(0);
        let (c, _to_c) = chan::<u8>(0);
        go(move || a.send(1));
        let got = select! {
            v = <-from_a => v.unwrap(),
            v = <-from_b => unreachable!("{v:?}"),
            c <- 3 => unreachable!(),
        };
        assert_eq!(got, 1);
    });
}

#[test]
fn default_is_taken_when_nothing_is_ready_and_only_then() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        let look = || select! { v = <-rx => v, default => Some(-1) };
        assert_eq!(look(), Some(-1));
        assert_eq!(look(), Some(-1), "also when it was found quiet before");
        tx.send(5);
        assert_eq!(look(), Some(5));
        assert_eq!(look(), Some(-1));
        let fill = |v| select! { tx <- v => true, default => false };
        assert!(fill(1));
        assert!(!fill(2));
        assert!(!fill(2));
        assert_eq!(look(), Some(1));
        assert!(fill(2));
        assert_eq!(look(), Some(2));
        tx.close();
        assert_eq!(look(), None);
        assert_eq!(look(), None);
    });
}

#[test]
fn a_polled_channel_still_notices_a_waiting_partner() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let (tx2, rx2) = chan(0);
        assert_eq!(select! { v = <-rx => v, default => None }, None);
        assert!(!select! { tx2 <- 1 => true, default => false });
        go(move || tx.send(9));
        go(move || assert_eq!(rx2.recv(), Some(1)));
        let mut got = None;
        while got.is_none() {
            got = select! { v = <-rx => v, default => { marmota::runtime::gosched(); None } };
        }
        assert_eq!(got, Some(9));
        while !select! { tx2 <- 1 => true, default => false } {
            marmota::runtime::gosched();
        }
    });
}

#[test]
fn a_closed_channel_is_always_ready() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(2);
        tx.send(1);
        tx.close();
        let mut got = Vec::new();
        for _ in 0..3 {
            select! { v = <-rx => got.push(v) }
        }
        assert_eq!(got, [Some(1), None, None]);
    });
}

#[test]
fn closing_wakes_a_select_that_waits() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(0);
        let (_other, quiet) = chan::<i32>(0);
        let waiting = spawn(move || {
            select! { v = <-rx => v.is_none(), v = <-quiet => v.is_some() }
        });
        tx.close();
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn a_send_in_a_select_panics_on_a_closed_channel() {
    everywhere(|| {
        let (tx, _rx) = chan(0);
        tx.close();
        let send = || select! { tx <- 1 => {} };
        assert_eq!(panic_message(send), "send on closed channel");
        let poll = || select! { tx <- 1 => {}, default => {} };
        assert_eq!(panic_message(poll), "send on closed channel");
    });
}

#[test]
fn closing_makes_a_waiting_send_panic() {
    everywhere(|| {
        let (tx, _rx) = chan(0);
        let (_idle_tx, idle) = chan::<()>(0);
        let their = tx.clone();
        let waiting = spawn(move || panic_message(|| select! { their <- 1 => {}, <-idle => {} }));
        tx.close();
        assert_eq!(waiting.join().unwrap(), "send on closed channel");
    });
}

#[test]
fn a_nil_case_is_never_ready() {
    everywhere(|| {
        let nil = Chan::<i32>::nil();
        let (tx, rx) = chan(1);
        assert!(select! { <-nil => false, nil <- 1 => false, default => true });
        tx.send(1);
        for _ in 0..10 {
            assert!(select! { <-nil => false, nil <- 1 => false, v = <-rx => v == Some(1) });
            tx.send(1);
        }
    });
}

#[test]
fn only_nil_cases_block_for_ever() {
    let report = under_schedules(|| {
        let nil = Chan::<i32>::nil();
        select! { <-nil => {}, nil <- 1 => {} }
    });
    let Verdict::Deadlock(blocked) = report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "select");
}

#[test]
fn no_cases_block_for_ever() {
    let report = under_schedules(|| select! {});
    let Verdict::Deadlock(blocked) = report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "select (no cases)");
    assert!(blocked[0].at.as_ref().unwrap().file.ends_with("waiting.rs"));
}

#[test]
fn a_goroutine_never_meets_itself() {
    let report = under_schedules(|| {
        let both = Chan::<i32>::new(0);
        select! { both <- 1 => {}, <-both => {} }
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
    everywhere(|| {
        let both = Chan::<i32>::new(0);
        for _ in 0..10 {
            assert!(select! { both <- 1 => false, <-both => false, default => true });
        }
    });
}

#[test]
fn two_that_both_send_and_receive_on_one_channel_meet() {
    everywhere(|| {
        let both = Chan::<i32>::new(0);
        let group = WaitGroup::new();
        let (sent, received) = (Chan::new(100), Chan::new(100));
        for _ in 0..2 {
            let (both, sent, received) = (both.clone(), sent.clone(), received.clone());
            group.go(move || {
                for i in 0..20 {
                    select! { both <- i => sent.send(i), v = <-both => received.send(v) }
                }
            });
        }
        group.wait();
        assert_eq!(sent.len(), 20);
        assert_eq!(received.len(), 20);
    });
}

#[test]
fn the_same_channel_may_stand_in_several_cases() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        go(move || (0..20).for_each(|i| tx.send(i)));
        for i in 0..20 {
            let got = select! { v = <-rx => v, v = <-rx => v, v = <-&rx => v };
            assert_eq!(got, Some(i));
        }
        assert!(select! { <-rx => false, <-rx => false, default => true });
    });
}
