//! Pool, Map, Semaphore, errgroup and singleflight, on both drivers.

mod common;

use common::{at_every_width, everywhere, explore, panic_message};
use marmota::context::{self, ContextError, background};
use marmota::sync::{Map, Mutex, Pool, Semaphore, WaitGroup, errgroup, pool, singleflight};
use marmota::{spawn, time};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);

// Pool

/// `pool::collect` empties all pools of the process, so these tests take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn a_pool_gives_back_what_it_got_and_makes_what_it_lacks() {
    let _turn = TURN.lock();
    everywhere(|| {
        let numbers = Pool::with_new(|| 1);
        assert_eq!(numbers.get(), Some(1));
        numbers.put(7);
        assert_eq!(numbers.get_or_new(), 7);
        assert_eq!(numbers.get_or_new(), 1);
        let empty = Pool::<u8>::new();
        assert_eq!(empty.get(), None);
        assert!(panic_message(|| _ = empty.get_or_new()).contains("Pool::with_new"));
    });
}

#[test]
fn a_pool_is_emptied_over_two_collections() {
    let _turn = TURN.lock();
    everywhere(|| {
        let numbers = Pool::new();
        numbers.put(1);
        numbers.put(2);
        pool::collect();
        let kept = numbers.get().expect("victims serve once more");
        numbers.put(kept);
        pool::collect();
        assert_eq!(numbers.get(), Some(kept), "it was put back since");
        assert_eq!(numbers.get(), None);
        numbers.put(3);
        pool::collect();
        pool::collect();
        assert_eq!(numbers.get(), None);
    });
}

#[test]
fn pooled_values_are_dropped_exactly_once() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Counted {
        fn new() -> Counted {
            ALIVE.fetch_add(1, SeqCst);
            Counted
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, SeqCst);
        }
    }
    let _turn = TURN.lock();
    at_every_width(|| {
        let (values, group) = (Arc::new(Pool::with_new(Counted::new)), WaitGroup::new());
        for i in 0..8 {
            let values = values.clone();
            group.go(move || {
                for _ in 0..1_000 {
                    let (one, two) = (values.get_or_new(), values.get_or_new());
                    if i % 2 == 0 {
                        marmota::runtime::gosched();
                    }
                    values.put(one);
                    values.put(two);
                }
            });
        }
        for _ in 0..20 {
            pool::collect();
            marmota::runtime::gosched();
        }
        group.wait();
        pool::collect();
        pool::collect();
        assert_eq!(ALIVE.load(SeqCst), 0);
        values.put(Counted::new());
        drop(values);
        assert_eq!(ALIVE.load(SeqCst), 0, "a pool drops what it has");
    });
}

// Map

#[test]
fn a_map_does_what_go_s_does() {
    everywhere(|| {
        let map = Map::new();
        assert_eq!(map.load(&"a"), None);
        map.store("a", 1);
        assert_eq!(map.load_or_store("a", 2), (1, true));
        assert_eq!(map.load_or_store("b", 2), (2, false));
        assert_eq!(map.swap("b", 3), Some(2));
        assert_eq!(map.swap("c", 4), None);
        assert!(!map.compare_and_swap(&"c", &5, 6));
        assert!(map.compare_and_swap(&"c", &4, 6));
        assert!(!map.compare_and_swap(&"d", &0, 1), "no key, no swap");
        assert!(!map.compare_and_delete(&"c", &4));
        assert!(map.compare_and_delete(&"c", &6));
        assert!(!map.contains(&"c"));
        assert_eq!(map.load_and_delete(&"b"), Some(3));
        assert_eq!(map.load_and_delete(&"b"), None);
        map.delete(&"a");
        map.clear();
        map.range(|_, _| unreachable!("it is empty"));
    });
}

#[test]
fn range_visits_each_key_once_and_the_visitor_may_use_the_map() {
    everywhere(|| {
        let map = Map::new();
        (0..200).for_each(|i| map.store(i, i));
        let mut seen = HashMap::new();
        map.range(|&k, &v| {
            assert_eq!(seen.insert(k, v), None, "{k} came twice");
            map.delete(&k);
            if k < 1_000 {
                map.store(k + 1_000, v);
            }
            true
        });
        assert!((0..200).all(|i| seen.get(&i) == Some(&i)));
        let mut visits = 0;
        map.range(|_, _| {
            visits += 1;
            visits < 5
        });
        assert_eq!(visits, 5, "false ends it");
    });
}

#[test]
fn goroutines_that_swap_in_one_map_lose_nothing() {
    fn run(goroutines: usize, rounds: usize) {
        let (map, group) = (Arc::new(Map::new()), WaitGroup::new());
        for _ in 0..goroutines {
            let map = map.clone();
            group.go(move || {
                for i in 0..rounds {
                    let key = i % 7;
                    map.load_or_store(key, 0);
                    loop {
                        let seen = map.load(&key).unwrap();
                        if map.compare_and_swap(&key, &seen, seen + 1) {
                            break;
                        }
                    }
                }
            });
        }
        group.wait();
        let mut total = 0;
        map.range(|_, n| {
            total += n;
            true
        });
        assert_eq!(total, goroutines * rounds);
    }
    at_every_width(|| run(8, 2_000));
    explore(|| run(2, 2));
}

#[test]
fn one_of_many_stores_first() {
    everywhere(|| {
        let (map, group) = (Arc::new(Map::new()), WaitGroup::new());
        let first = Arc::new(AtomicUsize::new(0));
        for i in 0..4 {
            let (map, first) = (map.clone(), first.clone());
            group.go(move || {
                let (value, loaded) = map.load_or_store("key", i);
                if !loaded {
                    assert_eq!(value, i);
                    first.fetch_add(1, SeqCst);
                }
            });
        }
        group.wait();
        assert_eq!(first.load(SeqCst), 1);
    });
}

// Semaphore

#[test]
fn no_more_tokens_are_taken_than_there_are() {
    fn run(goroutines: u64, rounds: usize) {
        let (tokens, taken) = (Semaphore::new(5), Arc::new(AtomicUsize::new(0)));
        let group = WaitGroup::new();
        for i in 0..goroutines {
            let (tokens, taken) = (tokens.clone(), taken.clone());
            group.go(move || {
                let n = i % 5 + 1;
                for _ in 0..rounds {
                    tokens.acquire(&background(), n).unwrap();
                    let now = taken.fetch_add(n as usize, SeqCst) + n as usize;
                    assert!(now <= 5, "{now} taken");
                    marmota::runtime::gosched();
                    taken.fetch_sub(n as usize, SeqCst);
                    tokens.release(n);
                }
            });
        }
        group.wait();
        assert!(tokens.try_acquire(5));
        assert!(!tokens.try_acquire(1));
    }
    at_every_width(|| run(10, 500));
    explore(|| run(5, 1));
}

#[test]
fn who_asks_for_few_waits_behind_who_asks_for_many() {
    explore(|| {
        let (tokens, order) = (Semaphore::new(3), Arc::new(Mutex::new(Vec::new())));
        let group = WaitGroup::new();
        tokens.acquire(&background(), 2).unwrap();
        for (at, n) in [(1, 3), (2, 1), (3, 2)] {
            let (tokens, order) = (tokens.clone(), order.clone());
            group.go(move || {
                time::sleep(at * MICRO);
                tokens.acquire(&background(), n).unwrap();
                order.lock().push(n);
                tokens.release(n);
            });
        }
        time::sleep(10 * MICRO);
        assert!(!tokens.try_acquire(1), "one is there, and others wait");
        tokens.release(2);
        group.wait();
        assert_eq!(order.lock()[0], 3, "{order:?}");
    });
}

#[test]
fn a_wait_ends_with_its_context_and_lets_the_next_pass() {
    explore(|| {
        let (tokens, group) = (Semaphore::new(3), WaitGroup::new());
        tokens.acquire(&background(), 2).unwrap();
        let theirs = tokens.clone();
        group.go(move || {
            let (ctx, _cancel) = context::with_timeout(&background(), 5 * MICRO);
            let got = theirs.acquire(&ctx, 3);
            assert_eq!(got, Err(ContextError::DeadlineExceeded));
        });
        let theirs = tokens.clone();
        group.go(move || {
            time::sleep(MICRO);
            // Behind the large one, until that gives up.
            theirs.acquire(&background(), 1).unwrap();
        });
        group.wait();
        assert!(!tokens.try_acquire(1));
        tokens.release(3);
        assert!(tokens.try_acquire(3));
    });
}

#[test]
fn cancelled_waits_leave_no_token_behind() {
    fn run(goroutines: usize, rounds: usize) {
        let (tokens, group) = (Semaphore::new(1), WaitGroup::new());
        for i in 0..goroutines {
            let tokens = tokens.clone();
            group.go(move || {
                for _ in 0..rounds {
                    let (ctx, cancel) = context::with_cancel(&background());
                    if i % 2 == 0 {
                        marmota::go(move || cancel.cancel());
                    }
                    if tokens.acquire(&ctx, 1).is_ok() {
                        marmota::runtime::gosched();
                        tokens.release(1);
                    }
                }
            });
        }
        group.wait();
        assert!(tokens.try_acquire(1), "{tokens:?}");
    }
    at_every_width(|| run(8, 300));
    explore(|| run(3, 1));
}

#[test]
fn asking_for_more_than_there_are_waits_for_the_end_of_the_context() {
    everywhere(|| {
        let (tokens, (ctx, cancel)) = (Semaphore::new(1), context::with_cancel(&background()));
        let theirs = tokens.clone();
        let doomed = spawn(move || theirs.acquire(&ctx, 2));
        marmota::runtime::gosched();
        tokens.acquire(&background(), 1).unwrap();
        tokens.release(1);
        cancel.cancel();
        assert_eq!(doomed.join().unwrap(), Err(ContextError::Canceled));
        assert!(!tokens.try_acquire(2));
    });
}

#[test]
fn an_ended_context_is_an_error_even_if_the_tokens_are_there() {
    everywhere(|| {
        let (tokens, (ctx, cancel)) = (Semaphore::new(1), context::with_cancel(&background()));
        cancel.cancel();
        assert_eq!(tokens.acquire(&ctx, 1), Err(ContextError::Canceled));
        assert!(tokens.try_acquire(1));
    });
}

#[test]
fn releasing_more_than_held_panics() {
    everywhere(|| {
        let tokens = Semaphore::new(2);
        tokens.acquire(&background(), 1).unwrap();
        assert_eq!(
            panic_message(|| tokens.release(2)),
            "semaphore: released more than held"
        );
    });
}

// errgroup

#[test]
fn the_first_error_counts_and_ends_the_context() {
    everywhere(|| {
        let (group, ctx) = errgroup::Group::with_context(&background());
        group.go(|| Err("the first"));
        for _ in 0..2 {
            let ctx = ctx.clone();
            group.go(move || {
                ctx.done().recv();
                Err(format!("after {}", context::cause(&ctx).unwrap()))
            });
        }
        let err = group.wait().unwrap_err();
        assert_eq!(err.to_string(), "the first");
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
        assert_eq!(context::cause(&ctx).unwrap().to_string(), "the first");
        assert!(group.wait().is_err(), "and every time");
    });
}

#[test]
fn a_group_that_succeeds_ends_its_context_when_wait_returns() {
    everywhere(|| {
        let (group, ctx) = errgroup::Group::with_context(&background());
        let (theirs, inner) = (group.clone(), ctx.clone());
        group.go(move || {
            assert!(inner.err().is_none());
            // A goroutine of the group may start another.
            theirs.go(|| Ok::<_, &str>(()));
            Ok::<_, &str>(())
        });
        assert!(group.wait().is_ok());
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
        assert_eq!(
            context::cause(&ctx).unwrap().to_string(),
            "context canceled"
        );
    });
}

#[test]
fn a_limit_bounds_how_many_are_active() {
    fn run(n: usize) {
        let group = errgroup::Group::new();
        group.set_limit(Some(2));
        let (active, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..n {
            let (active, ended) = (active.clone(), ended.clone());
            group.go(move || {
                assert!(active.fetch_add(1, SeqCst) < 2, "a third one");
                marmota::runtime::gosched();
                active.fetch_sub(1, SeqCst);
                ended.fetch_add(1, SeqCst);
                Ok::<_, &str>(())
            });
        }
        group.wait().unwrap();
        assert_eq!(ended.load(SeqCst), n);
    }
    at_every_width(|| run(500));
    explore(|| run(4));
}

#[test]
fn try_go_starts_only_what_the_limit_allows() {
    everywhere(|| {
        let (group, gate) = (errgroup::Group::new(), WaitGroup::new());
        group.set_limit(Some(1));
        gate.add(1);
        let held = gate.clone();
        let body = move || {
            held.wait();
            Ok::<_, &str>(())
        };
        assert!(group.try_go(body));
        assert!(!group.try_go(|| Ok::<_, &str>(())));
        assert_eq!(
            panic_message(|| group.set_limit(None)),
            "errgroup: modify limit while 1 goroutines in the group are still active"
        );
        gate.done();
        group.wait().unwrap();
        group.set_limit(None);
        assert!(group.try_go(|| Ok::<_, &str>(())));
        group.wait().unwrap();
        group.set_limit(Some(0));
        assert!(!group.try_go(|| Ok::<_, &str>(())));
    });
}

// singleflight

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
