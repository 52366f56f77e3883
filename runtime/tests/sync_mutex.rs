//! Mutex, RawMutex and Cond, on both drivers.

mod common;

use common::{at_every_width, everywhere, explore, under_schedules};
use marmota::sim::Verdict;
use marmota::sync::{Cond, Mutex, OwnedMutexGuard, RawMutex, WaitGroup};
use marmota::{go, spawn, time};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);
const MILLI: Duration = Duration::from_millis(1);

#[test]
fn one_at_a_time_and_no_update_is_lost() {
    fn run(goroutines: usize, rounds: usize) {
        let (value, group) = (Arc::new(Mutex::new((0, false))), WaitGroup::new());
        for _ in 0..goroutines {
            let value = value.clone();
            group.go(move || {
                for i in 0..rounds {
                    let mut guard = value.lock();
                    assert!(!std::mem::replace(&mut guard.1, true), "two inside");
                    let seen = guard.0;
                    if i % 16 == 0 {
                        marmota::runtime::gosched();
                    }
                    guard.0 = seen + 1;
                    guard.1 = false;
                }
            });
        }
        group.wait();
        assert_eq!(value.lock().0, goroutines * rounds);
    }
    at_every_width(|| run(16, 5_000));
    explore(|| run(3, 2));
}

#[test]
fn threads_from_outside_and_goroutines_share_a_mutex() {
    at_every_width(|| {
        let value = Arc::new(Mutex::new(0));
        let group = WaitGroup::new();
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let value = value.clone();
                std::thread::spawn(move || (0..20_000).for_each(|_| *value.lock() += 1))
            })
            .collect();
        for _ in 0..4 {
            let value = value.clone();
            group.go(move || (0..20_000).for_each(|_| *value.lock() += 1));
        }
        group.wait();
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(*value.lock(), 120_000);
    });
}

#[test]
fn another_goroutine_may_unlock_so_the_count_is_strictly_ordered() {
    fn run(n: usize) {
        let (counter, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
        let seen = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..n {
            let mut guard: OwnedMutexGuard<usize> = counter.lock_owned();
            let seen = seen.clone();
            group.go(move || {
                marmota::runtime::gosched();
                seen.lock().push(*guard);
                *guard += 1;
            });
        }
        group.wait();
        assert_eq!(*seen.lock(), (0..n).collect::<Vec<_>>());
    }
    at_every_width(|| run(100));
    explore(|| run(4));
}

#[test]
fn a_borrowed_guard_may_move_to_another_goroutine_too() {
    everywhere(|| {
        let mutex = Mutex::new(1);
        marmota::scope(|s| {
            let mut guard = mutex.lock();
            s.go(move || *guard += 1);
            assert_eq!(*mutex.lock(), 2);
        });
    });
}

#[test]
fn try_lock_takes_only_a_free_lock() {
    everywhere(|| {
        let mutex = Arc::new(Mutex::new(5));
        let guard = mutex.try_lock().expect("it is free");
        assert!(mutex.try_lock().is_none());
        assert!(mutex.try_lock_owned().is_none());
        drop(guard);
        let owned = mutex.try_lock_owned().expect("it is free again");
        assert!(mutex.try_lock().is_none());
        drop(owned);
        assert_eq!(*mutex.lock(), 5);
        assert_eq!(Arc::into_inner(mutex).unwrap().into_inner(), 5);
    });
}

#[test]
fn a_panic_does_not_poison() {
    everywhere(|| {
        let mutex = Arc::new(Mutex::new(0));
        let theirs = mutex.clone();
        let outcome = spawn(move || {
            let mut guard = theirs.lock();
            *guard = 1;
            panic!("inside");
        })
        .join();
        assert!(outcome.is_err());
        assert_eq!(*mutex.lock(), 1);
    });
}

/// One that holds the lock for 2 ms at a time and takes it again at once, while three
/// others wait from 100, 200 and 300 µs on. Gives who had it, in order.
fn greedy_and_patient() -> Vec<u32> {
    let (log, group) = (Arc::new(Mutex::new(Vec::new())), WaitGroup::new());
    let lock = Arc::new(RawMutex::new());
    let stop = Arc::new(AtomicUsize::new(0));
    for i in 1..=3 {
        let (log, lock, stop) = (log.clone(), lock.clone(), stop.clone());
        group.go(move || {
            time::sleep(100 * i * MICRO);
            lock.lock();
            log.lock().push(i);
            stop.fetch_add(1, SeqCst);
            lock.unlock();
        });
    }
    while stop.load(SeqCst) < 3 {
        lock.lock();
        log.lock().push(0);
        time::sleep(2 * MILLI);
        lock.unlock();
    }
    group.wait();
    Arc::into_inner(log).unwrap().into_inner()
}

#[test]
fn after_a_millisecond_the_lock_is_handed_over_in_order() {
    explore(|| {
        let order = greedy_and_patient();
        // The greedy one holds it twice at most: the first waiter is woken after
        // 2 ms, may lose once, and is then handed the lock.
        let before = order.iter().take_while(|&&who| who == 0).count();
        assert!(before <= 2, "{order:?}");
        let patient: Vec<_> = order.iter().copied().filter(|&who| who != 0).collect();
        assert_eq!(patient, [1, 2, 3], "{order:?}");
    });
}

#[test]
fn before_a_millisecond_a_newcomer_may_barge_in() {
    static BARGED: AtomicBool = AtomicBool::new(false);
    explore(|| {
        let (lock, first) = (Arc::new(RawMutex::new()), Arc::new(AtomicUsize::new(0)));
        lock.lock();
        let (theirs, won) = (lock.clone(), first.clone());
        let waiter = spawn(move || {
            theirs.lock();
            let _ = won.compare_exchange(0, 1, SeqCst, SeqCst);
            theirs.unlock();
        });
        time::sleep(100 * MICRO);
        lock.unlock();
        lock.lock();
        if first.compare_exchange(0, 2, SeqCst, SeqCst).is_ok() {
            BARGED.store(true, SeqCst);
        }
        lock.unlock();
        waiter.join().unwrap();
    });
    assert!(BARGED.load(SeqCst), "no schedule let the running one win");
}

#[test]
fn waiters_are_served_in_the_order_they_came() {
    explore(|| {
        let (lock, order) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(Vec::new())));
        let group = WaitGroup::new();
        let guard = lock.lock();
        for i in 1..=4 {
            let (lock, order) = (lock.clone(), order.clone());
            group.go(move || {
                time::sleep(i * MICRO);
                let _guard = lock.lock();
                order.lock().push(i);
            });
        }
        time::sleep(10 * MICRO);
        drop(guard);
        group.wait();
        assert_eq!(*order.lock(), [1, 2, 3, 4]);
    });
}

#[test]
fn a_goroutine_that_only_locks_ends_with_its_runtime() {
    static ROUNDS: AtomicUsize = AtomicUsize::new(0);
    for procs in [2, 8] {
        let rt = marmota::Runtime::builder().procs(procs).build().unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe {
            rt.run(|| {
                let before = ROUNDS.load(SeqCst);
                let mutex = Mutex::new(());
                go(move || {
                    loop {
                        drop(mutex.lock());
                        ROUNDS.fetch_add(1, SeqCst);
                    }
                });
                while ROUNDS.load(SeqCst) == before {
                    marmota::runtime::gosched();
                }
            });
        }
        // As long as it takes; for ever, if it does not end.
        let mut seen = usize::MAX;
        while seen != ROUNDS.load(SeqCst) {
            seen = ROUNDS.load(SeqCst);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn locking_twice_is_a_deadlock_with_the_reason() {
    let report = under_schedules(|| {
        let mutex = Mutex::new(());
        let _first = mutex.lock();
        let _second = mutex.lock();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].reason.as_str(), "sync.Mutex.Lock");
    assert!(all[0].at.unwrap().file.ends_with("sync_mutex.rs"));
}

#[test]
fn unlocking_an_unlocked_mutex_is_fatal_and_not_recoverable() {
    const CHILD: &str = "MARMOTA_TEST_UNLOCK";
    if std::env::var_os(CHILD).is_some() {
        let rt = marmota::Runtime::builder().build().unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe {
            rt.run::<(), _>(|| {
                let mutex = RawMutex::new();
                mutex.lock();
                mutex.unlock();
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| mutex.unlock()));
                std::process::exit(0);
            });
        }
    }
    let me = std::env::current_exe().unwrap();
    let out = Command::new(me)
        .args([
            "--exact",
            "unlocking_an_unlocked_mutex_is_fatal_and_not_recoverable",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{err}");
    assert!(
        err.starts_with("fatal error: sync: unlock of unlocked mutex\n"),
        "{err}"
    );
}

#[test]
fn a_signal_wakes_the_one_who_waited_longest() {
    explore(|| {
        let shared = Arc::new((Mutex::new(Vec::new()), Cond::new()));
        let group = WaitGroup::new();
        for i in 1..=3 {
            let shared = shared.clone();
            group.go(move || {
                time::sleep(i * MICRO);
                let mut order = shared.0.lock();
                shared.1.wait(&mut order);
                order.push(i);
            });
        }
        for i in 1..=3 {
            time::sleep(10 * MICRO);
            // With the lock, and without it.
            let guard = (i % 2 == 0).then(|| shared.0.lock());
            shared.1.signal();
            drop(guard);
            time::sleep(10 * MICRO);
            assert_eq!(*shared.0.lock(), (1..=i).collect::<Vec<_>>());
        }
        group.wait();
    });
}

#[test]
fn a_later_waiter_cannot_steal_a_signal() {
    explore(|| {
        let shared = Arc::new((Mutex::new(()), Cond::new()));
        let theirs = shared.clone();
        let earlier = spawn(move || {
            let mut guard = theirs.0.lock();
            theirs.1.wait(&mut guard);
        });
        time::sleep(MICRO);
        let theirs = shared.clone();
        {
            let _guard = shared.0.lock();
            shared.1.signal();
        }
        let later = spawn(move || {
            let mut guard = theirs.0.lock();
            theirs.1.wait(&mut guard);
        });
        earlier.join().unwrap();
        while !later.is_finished() {
            shared.1.broadcast();
            time::sleep(MICRO);
        }
        later.join().unwrap();
    });
}

#[test]
fn broadcast_wakes_all_and_owned_guards_wait_too() {
    fn run(n: usize) {
        let shared = Arc::new((Arc::new(Mutex::new((0, false))), Cond::new()));
        let group = WaitGroup::new();
        for _ in 0..n {
            let shared = shared.clone();
            group.go(move || {
                let mut state = shared.0.lock_owned();
                state.0 += 1;
                shared.1.wait_while(&mut state, |state| !state.1);
                state.0 -= 1;
            });
        }
        while shared.0.lock().0 < n {
            marmota::runtime::gosched();
        }
        shared.0.lock().1 = true;
        shared.1.broadcast();
        group.wait();
        assert_eq!(shared.0.lock().0, 0);
    }
    at_every_width(|| run(100));
    explore(|| run(3));
}

#[test]
fn a_bounded_queue_on_two_conditions_loses_no_wakeup() {
    struct Queue {
        items: Mutex<std::collections::VecDeque<usize>>,
        not_empty: Cond,
        not_full: Cond,
    }
    fn run(n: usize) {
        let queue = Arc::new(Queue {
            items: Mutex::default(),
            not_empty: Cond::new(),
            not_full: Cond::new(),
        });
        let (group, sum) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for p in 0..4 {
            let producer = queue.clone();
            group.go(move || {
                for i in 0..n {
                    let mut items = producer.items.lock();
                    while items.len() == 2 {
                        producer.not_full.wait(&mut items);
                    }
                    items.push_back(p * n + i);
                    producer.not_empty.signal();
                }
            });
            let (consumer, sum) = (queue.clone(), sum.clone());
            group.go(move || {
                for _ in 0..n {
                    let mut items = consumer.items.lock();
                    while items.is_empty() {
                        consumer.not_empty.wait(&mut items);
                    }
                    sum.fetch_add(items.pop_front().unwrap(), SeqCst);
                    consumer.not_full.signal();
                }
            });
        }
        group.wait();
        assert_eq!(sum.load(SeqCst), (0..4 * n).sum());
    }
    at_every_width(|| run(2_000));
    explore(|| run(2));
}

#[test]
fn a_goroutine_without_a_signal_is_a_leak_with_the_reason() {
    let report = under_schedules(|| {
        let shared = Arc::new((Mutex::new(()), Cond::new()));
        go(move || {
            let mut guard = shared.0.lock();
            shared.1.wait(&mut guard);
        });
    });
    let Verdict::Leak(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].reason.as_str(), "sync.Cond.Wait");
}
