//! `own`: the rules of a WaitGroup, for the one that the learner writes.

use std::sync::Arc;
use std::time::Duration;

use lesson_02_waitgroup::own::WaitGroup;
use marmota::runtime::gosched;
use marmota_grader::{Log, Suite, Verdict, expect, expect_eq};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "own::waits_for_all",
            "wait returns when all three have called done",
            || {
                let group = WaitGroup::new();
                let ended = Log::new();
                group.add(3);
                for n in 1..=3 {
                    let (group, ended) = (group.clone(), ended.clone());
                    marmota::go(move || {
                        gosched();
                        ended.push(n);
                        group.done();
                    });
                }
                group.wait();
                expect_eq("those that had ended", &ended.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "who waits is woken at zero, not at each done",
        )
        .on(
            Verdict::Deadlock,
            "is a lock held while it parks? Then nobody can count down. Or was the group at zero \
             just before it parked, with nobody left to wake it?",
        );
    suite
        .test(
            "own::wakes_everybody",
            "three who wait are all woken",
            || {
                let group = WaitGroup::new();
                group.add(1);
                let woken = Log::new();
                let waiters: Vec<_> = (1..=3)
                    .map(|n| {
                        let (group, woken) = (group.clone(), woken.clone());
                        marmota::spawn(move || {
                            group.wait();
                            woken.push(n);
                        })
                    })
                    .collect();
                gosched();
                group.done();
                waiters
                    .into_iter()
                    .for_each(|w| w.join().expect("wait does not panic"));
                expect_eq("those that were woken", &woken.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "one value wakes one receiver; closing wakes all",
        );
    suite
        .test("own::rests_while_it_waits", "one takes an hour, and nobody is busy meanwhile", || {
            let group = WaitGroup::new();
            group.add(1);
            let slow = group.clone();
            marmota::go(move || {
                // An hour of virtual time: it passes at once, but only when all rest.
                marmota::time::sleep(Duration::from_secs(3600));
                slow.done();
            });
            group.wait();
        })
        .on(
            Verdict::Livelock,
            "wait asks again and again in place of parking: receive from something that is closed at \
             zero",
        )
        .on(Verdict::Deadlock, "at zero, somebody has to wake who waits");
    suite
        .test(
            "own::zero_does_not_wait",
            "at zero wait returns at once",
            || {
                let group = WaitGroup::new();
                group.wait();
                group.add(2);
                group.add(-2);
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "the count is zero and nobody will bring it there: look at it before you wait",
        );
    suite
        .test(
            "own::can_be_used_again",
            "the second round waits for the second goroutine",
            || {
                let group = WaitGroup::new();
                for round in 1..=2 {
                    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
                    group.add(1);
                    let (inner, flag) = (group.clone(), Arc::clone(&ended));
                    marmota::go(move || {
                        gosched();
                        flag.store(true, std::sync::atomic::Ordering::SeqCst);
                        inner.done();
                    });
                    group.wait();
                    expect(
                        ended.load(std::sync::atomic::Ordering::SeqCst),
                        &format!("the wait of round {round}"),
                        "returns after done was called",
                        "returned before",
                    );
                }
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel stays closed: the next round needs a new one",
        )
        .on(
            Verdict::Panicked,
            "closing a closed channel panics: each round needs its own",
        );
    suite
        .test(
            "own::counts_no_less_than_zero",
            "a done too many panics, as Go's does",
            || {
                let group = WaitGroup::new();
                group.add(1);
                group.done();
                let one_too_many = marmota::spawn(move || group.done()).join();
                let message = one_too_many.err().map(|thrown| {
                    let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
                    text.or_else(|| thrown.downcast_ref::<String>().cloned())
                        .unwrap_or_default()
                });
                let right = message
                    .as_ref()
                    .is_some_and(|m| m.contains("negative WaitGroup counter"));
                expect(
                    right,
                    "a done without an add",
                    "a panic that says: negative WaitGroup counter",
                    message.map_or("no panic".to_owned(), |m| format!("a panic that says: {m}")),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "whoever calls done once too often counted wrong: say so where it happens, by a panic, before \
             the count goes below zero",
        );
}
