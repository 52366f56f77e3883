//! The forms of `select!`: what is evaluated when, what is dropped, where arms go.

use super::common::{at_every_width, everywhere, panic_message};
use marmota::chan::{Chan, chan};
use marmota::{Receiver, go, select};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn expressions_are_evaluated_once_in_source_order_whatever_is_taken() {
    everywhere(|| {
        let (tx, rx) = chan::<usize>(1);
        let log = std::cell::RefCell::new(Vec::new());
        let note = |what: &'static str| log.borrow_mut().push(what);
        select! {
            <-{ note("first channel"); &rx } => unreachable!(),
            { note("second channel"); &tx } <- { note("value"); 3 } => note("arm"),
            <-{ note("third channel"); Receiver::from(Chan::<u8>::nil()) } => unreachable!(),
        }
        assert_eq!(
            log.into_inner(),
            [
                "first channel",
                "second channel",
                "value",
                "third channel",
                "arm"
            ]
        );
    });
}

#[test]
fn temporaries_end_before_the_arm() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        tx.send(1);
        let shared = marmota::sync::Mutex::new(rx);
        select! {
            v = <-&*shared.lock() => {
                assert_eq!(v, Some(1));
                assert!(shared.try_lock().is_some(), "the guard is gone");
            }
        }
    });
}

#[test]
fn a_value_that_was_not_sent_is_dropped_once() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (full, _rx) = chan::<Counted>(0);
        let (tx, rx) = chan::<Counted>(1);
        select! { full <- Counted => {}, default => assert_eq!(DROPS.load(SeqCst), 1) }
        select! { full <- Counted => {}, tx <- Counted => assert_eq!(DROPS.load(SeqCst), 2) }
        select! { v = <-rx => { assert_eq!(DROPS.load(SeqCst), 2); drop(v); } }
        assert_eq!(DROPS.load(SeqCst), 3);
        tx.send(Counted);
        select! { <-rx => assert_eq!(DROPS.load(SeqCst), 4, "nobody wanted it") }
        tx.close();
        let refused = panic_message(|| select! { tx <- Counted => {} });
        assert_eq!(refused, "send on closed channel");
        assert_eq!(DROPS.load(SeqCst), 5);
    });
}

#[test]
fn a_received_value_is_dropped_although_the_drop_of_another_panics() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (full, _rx) = chan::<Bomb>(0);
        let (tx, rx) = chan::<Counted>(1);
        tx.send(Counted);
        let message = panic_message(|| select! { full <- Bomb => {}, v = <-rx => drop(v) });
        assert_eq!(message, "bomb");
        assert_eq!(DROPS.load(SeqCst), 1);
    });
}

#[test]
fn arms_return_break_continue_and_try() {
    fn returns(rx: &Receiver<i32>) -> &'static str {
        select! { <-rx => return "returned", default => {} }
        "went on"
    }
    fn tries(rx: &Receiver<Result<i32, String>>) -> Result<i32, String> {
        let v = select! { v = <-rx => v.ok_or("closed")?? };
        Ok(v + 1)
    }
    everywhere(|| {
        let (tx, rx) = chan(10);
        assert_eq!(returns(&rx), "went on");
        (0..5).for_each(|i| tx.send(i));
        assert_eq!(returns(&rx), "returned");
        let mut seen = Vec::new();
        'all: loop {
            select! {
                v = <-rx => {
                    let Some(v) = v else { break };
                    if v == 2 {
                        continue;
                    }
                    if v == 4 {
                        break 'all;
                    }
                    seen.push(v)
                }
            }
        }
        assert_eq!(seen, [1, 3]);
        let (tx, rx) = chan(3);
        tx.send(Ok(1));
        tx.send(Err("no".to_string()));
        tx.close();
        assert_eq!(tries(&rx), Ok(2));
        assert_eq!(tries(&rx), Err("no".into()));
        assert_eq!(tries(&rx), Err("closed".into()));
    });
}

#[test]
fn the_forms_of_arms_and_channels() {
    struct Hub {
        jobs: Chan<i32>,
        quit: std::sync::Arc<Receiver<()>>,
    }
    everywhere(|| {
        let (_q, quit) = chan(0);
        let hub = Hub {
            jobs: Chan::new(3),
            quit: std::sync::Arc::new(quit),
        };
        let (many, boxed) = (vec![hub.jobs.clone()], Box::new(hub.jobs.sender()));
        let by_mut = &mut hub.jobs.sender();
        // A block needs no comma, an expression at the end needs none either.
        select! { hub.jobs <- 1 => {} <-hub.quit => () }
        select! { boxed <- 1 + 1 => {}, }
        select! { by_mut <- -3 => (), <-hub.quit => {}, default => {} }
        let first = select! {
            default => None,
            v = <-many[0] => if v == Some(1) { v } else { None }
            v: Option<()> = <-*hub.quit => match v { Some(()) => None, None => Some(0) },
        };
        assert_eq!(first, Some(1));
        let pair: (i32, i32) = (
            select! { mut v = <-(&many)[0].clone().receiver() => { v = v.map(|v| v * 10); v.unwrap() } },
            select! { _ = <-hub.jobs.receiver() => 5 },
        );
        assert_eq!(pair, (20, 5));
        assert_eq!(select! { default => "only" }, "only");
    });
}

#[test]
fn channels_of_references_and_of_nothing() {
    everywhere(|| {
        let text = String::from("borrowed");
        marmota::scope(|s| {
            let (tx, rx) = chan::<&str>(0);
            let text = &text;
            s.go(move || select! { tx <- text => {} });
            assert_eq!(select! { v = <-rx => v }, Some("borrowed"));
        });
        let (tx, rx) = chan::<()>(0);
        go(move || select! { tx <- () => {} });
        assert_eq!(select! { v = <-rx => v }, Some(()));
    });
}
