//! `singleflight`: work under one key is done once and shared.

use super::common::{at_every_width, explore};
use marmota::sync::{WaitGroup, singleflight};
use marmota::{spawn, time};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);

#[test]
fn work_under_one_key_is_done_once_and_shared() {
    explore(|| {
        let (flights, calls) = (singleflight::Group::new(), Arc::new(AtomicUsize::new(0)));
        let group = WaitGroup::new();
        for _ in 0..4 {
            let (flights, calls) = (flights.clone(), calls.clone());
            group.go(move || {
                let (value, shared) = flights.run("key", || {
                    calls.fetch_add(1, SeqCst);
                    time::sleep(MICRO); // all others have come by then
                    "value"
                });
                assert_eq!((value, shared), ("value", true));
            });
        }
        group.wait();
        assert_eq!(calls.load(SeqCst), 1);
        let (_, shared) = flights.run("key", || "again");
        assert!(!shared, "done is done: this is no cache");
    });
}

#[test]
fn every_call_gets_a_value_of_its_key() {
    fn run(goroutines: usize, rounds: usize) {
        let (flights, group) = (singleflight::Group::new(), WaitGroup::new());
        for i in 0..goroutines {
            let flights = flights.clone();
            group.go(move || {
                for round in 0..rounds {
                    let key = (i + round) % 3;
                    let (value, _) = flights.run(key, || {
                        marmota::runtime::gosched();
                        key * 10
                    });
                    assert_eq!(value, key * 10);
                }
            });
        }
        group.wait();
    }
    at_every_width(|| run(8, 500));
    explore(|| run(3, 2));
}

#[test]
fn forgotten_work_is_done_again_beside_the_first() {
    explore(|| {
        let flights = singleflight::Group::new();
        let theirs = flights.clone();
        let first = spawn(move || {
            theirs.run("key", || {
                time::sleep(10 * MICRO);
                1
            })
        });
        time::sleep(MICRO);
        flights.forget(&"key");
        assert_eq!(flights.run("key", || 2), (2, false));
        assert_eq!(first.join().unwrap(), (1, false));
    });
}

#[test]
fn a_panic_reaches_all_who_share_the_work() {
    explore(|| {
        let flights = singleflight::Group::<_, ()>::new();
        let outcomes: Vec<_> = (0..3)
            .map(|_| {
                let flights = flights.clone();
                spawn(move || {
                    flights.run("key", || {
                        time::sleep(MICRO);
                        panic!("the work failed");
                    })
                })
            })
            .collect();
        for outcome in outcomes {
            let payload = outcome.join().unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"the work failed"));
        }
        let again = catch_unwind(AssertUnwindSafe(|| flights.run("key", || ())));
        assert_eq!(again.unwrap(), ((), false));
    });
}

#[test]
fn run_chan_sends_the_outcome_to_each() {
    explore(|| {
        let flights = singleflight::Group::new();
        let calls: Vec<_> = (0..3)
            .map(|_| {
                flights.run_chan("key", || {
                    time::sleep(MICRO);
                    5
                })
            })
            .collect();
        for call in calls {
            let outcome = call.recv().unwrap();
            assert_eq!((outcome.value, outcome.shared), (5, true));
        }
    });
    at_every_width(|| {
        let flights = singleflight::Group::new();
        for i in 0..500 {
            let calls = [(); 3].map(|()| flights.run_chan(i, move || i));
            assert!(calls.iter().all(|call| call.recv().unwrap().value == i));
        }
    });
}
