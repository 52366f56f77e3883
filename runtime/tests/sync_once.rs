//! WaitGroup, Once, once_func, once_value and the atomics, on both drivers.

mod common;

use common::{at_every_width, everywhere, explore, panic_message, under_schedules};
use marmota::sim::Verdict;
use marmota::sync::{Mutex, Once, WaitGroup, atomic, once_func, once_value};
use marmota::{go, spawn, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);

#[test]
fn wait_returns_after_all_are_done_and_sees_what_they_did() {
    fn run(n: usize) {
        let group = WaitGroup::new();
        let mut parts = vec![0; n];
        let slots: Vec<_> = parts
            .iter_mut()
            .map(|part| &raw mut *part as usize)
            .collect();
        for (i, slot) in slots.into_iter().enumerate() {
            group.go(move || {
                marmota::runtime::gosched();
                // SAFETY: a place of its own, which the owner reads after `wait`.
                unsafe { *(slot as *mut usize) = i + 1 };
            });
        }
        group.wait();
        assert_eq!(parts, (1..=n).collect::<Vec<_>>());
    }
    at_every_width(|| run(1_000));
    explore(|| run(3));
}

#[test]
fn all_who_wait_go_on_and_the_group_can_be_used_again() {
    fn run(rounds: usize) {
        let group = WaitGroup::new();
        for round in 0..rounds {
            group.add(2);
            let (waiters, passed) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
            for _ in 0..3 {
                let (group, passed) = (group.clone(), passed.clone());
                waiters.go(move || {
                    group.wait();
                    passed.fetch_add(1, SeqCst);
                });
            }
            let other = group.clone();
            go(move || other.done());
            marmota::runtime::gosched();
            assert_eq!(passed.load(SeqCst), 0, "round {round}");
            group.done();
            waiters.wait();
            assert_eq!(passed.load(SeqCst), 3);
        }
    }
    at_every_width(|| run(500));
    explore(|| run(2));
}

#[test]
fn a_counter_below_zero_panics() {
    everywhere(|| {
        let group = WaitGroup::new();
        assert_eq!(
            panic_message(|| group.done()),
            "sync: negative WaitGroup counter"
        );
        let group = WaitGroup::new();
        group.add(1);
        assert_eq!(
            panic_message(|| group.add(-2)),
            "sync: negative WaitGroup counter"
        );
    });
}

#[test]
fn a_zero_group_and_a_zero_add_do_not_wait() {
    everywhere(|| {
        let group = WaitGroup::new();
        group.wait();
        group.add(0);
        group.add(3);
        group.add(-3);
        group.wait();
    });
}

#[test]
fn go_counts_the_goroutine_out_when_it_panics() {
    let report = under_schedules(|| {
        let group = WaitGroup::new();
        group.go(|| panic!("on its own"));
        group.wait();
    });
    let Verdict::Panicked(info) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(info.message, "on its own");
}

#[test]
fn a_group_nobody_counts_down_is_a_deadlock() {
    let report = under_schedules(|| {
        let group = WaitGroup::new();
        group.add(1);
        group.wait();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].reason.as_str(), "sync.WaitGroup.Wait");
}

#[test]
fn once_runs_once_and_nobody_returns_before() {
    fn run(n: usize) {
        let (once, calls, done) = (
            Arc::new(Once::new()),
            Arc::new(AtomicUsize::new(0)),
            Arc::new(AtomicUsize::new(0)),
        );
        let group = WaitGroup::new();
        for _ in 0..n {
            let (once, calls, done) = (once.clone(), calls.clone(), done.clone());
            group.go(move || {
                once.call_once(|| {
                    calls.fetch_add(1, SeqCst);
                    marmota::runtime::gosched();
                    done.store(1, SeqCst);
                });
                assert_eq!(done.load(SeqCst), 1, "returned before the function had");
                assert!(once.is_completed());
            });
        }
        group.wait();
        assert_eq!(calls.load(SeqCst), 1);
    }
    at_every_width(|| run(10));
    explore(|| run(4));
}

#[test]
fn once_is_not_complete_while_the_function_runs() {
    explore(|| {
        let once = Arc::new(Once::new());
        let theirs = once.clone();
        let running = spawn(move || theirs.call_once(|| time::sleep(2 * MICRO)));
        time::sleep(MICRO);
        assert!(!once.is_completed());
        once.call_once(|| unreachable!("it was run"));
        assert!(once.is_completed());
        running.join().unwrap();
    });
}

#[test]
fn a_panic_counts_as_done() {
    everywhere(|| {
        let once = Once::new();
        assert_eq!(
            panic_message(|| once.call_once(|| panic!("first"))),
            "first"
        );
        assert!(once.is_completed());
        once.call_once(|| unreachable!("it was run"));
    });
}

#[test]
fn once_within_itself_is_a_deadlock() {
    let report = under_schedules(|| {
        let once = Once::new();
        once.call_once(|| once.call_once(|| ()));
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
}

#[test]
fn once_func_and_once_value_run_once_and_share_the_value() {
    everywhere(|| {
        let calls = Arc::new(AtomicUsize::new(0));
        let (in_func, in_value) = (calls.clone(), calls.clone());
        let func = Arc::new(once_func(move || {
            in_func.fetch_add(1, SeqCst);
        }));
        let value = Arc::new(once_value(move || {
            marmota::runtime::gosched();
            in_value.fetch_add(1, SeqCst) + 100
        }));
        let group = WaitGroup::new();
        for _ in 0..3 {
            let (func, value) = (func.clone(), value.clone());
            group.go(move || {
                func();
                assert!(value() >= 100);
            });
        }
        group.wait();
        assert_eq!(value(), value());
        assert_eq!(calls.load(SeqCst), 2);
    });
}

#[test]
fn every_caller_of_a_once_function_gets_the_same_panic() {
    everywhere(|| {
        let fixed = once_func(|| panic!("fixed text"));
        let built = once_value(|| -> u32 { panic!("built {}", std::hint::black_box(1)) });
        for _ in 0..3 {
            let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&fixed));
            let payload = payload.unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"fixed text"));
            let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&built));
            let payload = payload.unwrap_err();
            assert_eq!(payload.downcast_ref::<String>().unwrap(), "built 1");
        }
    });
}

#[test]
fn atomics_lose_no_update() {
    fn run(rounds: i64) {
        let (n, group) = (Arc::new(atomic::Int64::new(0)), WaitGroup::new());
        for _ in 0..4 {
            let n = n.clone();
            group.go(move || {
                for _ in 0..rounds {
                    n.add(1);
                    loop {
                        let seen = n.load();
                        if n.compare_and_swap(seen, seen + 1) {
                            break;
                        }
                    }
                }
            });
        }
        group.wait();
        assert_eq!(n.load(), 8 * rounds);
    }
    at_every_width(|| run(10_000));
    explore(|| run(2));
}

#[test]
fn an_exploration_finds_what_goes_wrong_between_two_atomic_operations() {
    let report = under_schedules(|| {
        let (n, group) = (Arc::new(atomic::Int32::new(0)), WaitGroup::new());
        for _ in 0..2 {
            let n = n.clone();
            group.go(move || n.store(n.load() + 1));
        }
        group.wait();
        assert_eq!(n.load(), 2, "an update was lost");
    });
    let Verdict::Panicked(info) = &report.verdict else {
        panic!("{report}")
    };
    assert!(info.message.contains("an update was lost"));
}

#[test]
fn atomic_operations_give_what_go_s_do() {
    let n = atomic::Uint32::new(0b1100);
    assert_eq!((n.and(0b0110), n.load()), (0b1100, 0b0100));
    assert_eq!((n.or(0b0011), n.load()), (0b0100, 0b0111));
    assert_eq!((n.add(1), n.swap(7), n.into_inner()), (8, 8, 7));
    let n = atomic::Uint64::new(0);
    assert_eq!(n.add(u64::MAX), u64::MAX, "wraps: adding -1");
    assert_eq!(atomic::Int32::new(i32::MAX).add(1), i32::MIN);
    assert!(!atomic::Uintptr::new(1).compare_and_swap(2, 3));
    let flag = atomic::Bool::new(false);
    assert!(!flag.swap(true) && flag.load() && !flag.compare_and_swap(false, true));
    flag.store(false);
    assert!(!flag.load());
}

#[test]
fn pointers_are_replaced_whole_and_compared_by_identity() {
    everywhere(|| {
        let pointer = Arc::new(atomic::Pointer::new(Some(Arc::new((0, 0)))));
        let group = WaitGroup::new();
        for _ in 0..2 {
            let pointer = pointer.clone();
            group.go(move || {
                for _ in 0..3 {
                    let seen = pointer.load().unwrap();
                    assert_eq!(seen.0, seen.1);
                    let new = Arc::new((seen.0 + 1, seen.1 + 1));
                    pointer.compare_and_swap(Some(&seen), Some(new));
                }
            });
        }
        group.wait();
        let last = pointer.swap(None).unwrap();
        assert!((3..=6).contains(&last.0), "{last:?}");
        let equal = Arc::new(*last);
        pointer.store(Some(last));
        assert!(
            !pointer.compare_and_swap(Some(&equal), None),
            "equal is not same"
        );
        assert_eq!(Arc::strong_count(&equal), 1);
    });
}

#[test]
fn a_value_is_empty_until_stored_and_compared_by_equality() {
    everywhere(|| {
        let value = atomic::Value::new();
        assert!(!value.compare_and_swap(&String::from("a"), String::from("b")));
        assert_eq!(value.swap(String::from("a")), None);
        assert!(value.compare_and_swap(&String::from("a"), String::from("b")));
        assert_eq!(value.swap(String::from("c")).as_deref(), Some("b"));
        value.store(String::from("d"));
        assert_eq!(value.load().as_deref(), Some("d"));
    });
}

#[test]
fn a_lock_taken_in_a_loop_of_goroutines_is_found_free_at_the_end() {
    at_every_width(|| {
        let (mutex, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
        for _ in 0..10_000 {
            let mutex = mutex.clone();
            group.go(move || *mutex.lock() += 1);
        }
        group.wait();
        assert_eq!(mutex.try_lock().map(|n| *n), Some(10_000));
    });
}
