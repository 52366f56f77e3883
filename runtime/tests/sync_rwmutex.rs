//! RwMutex, on both drivers.

mod common;

use common::{at_every_width, everywhere, explore, under_schedules};
use marmota::sim::Verdict;
use marmota::sync::{RwMutex, RwMutexWriteGuard, WaitGroup};
use marmota::{go, spawn, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);

#[test]
fn readers_share_and_writers_exclude() {
    fn run(readers: usize, writers: usize, rounds: usize) {
        let lock = Arc::new(RwMutex::new((0usize, 0usize)));
        // Readers inside; a writer takes it down to a number far below.
        let inside = Arc::new(AtomicI32::new(0));
        let group = WaitGroup::new();
        for _ in 0..readers {
            let (lock, inside) = (lock.clone(), inside.clone());
            group.go(move || {
                for i in 0..rounds {
                    let value = lock.read();
                    assert!(inside.fetch_add(1, SeqCst) >= 0, "beside a writer");
                    if i % 8 == 0 {
                        marmota::runtime::gosched();
                    }
                    assert_eq!(value.0, value.1, "half-written");
                    inside.fetch_sub(1, SeqCst);
                }
            });
        }
        for _ in 0..writers {
            let (lock, inside) = (lock.clone(), inside.clone());
            group.go(move || {
                for i in 0..rounds {
                    let mut value = lock.write();
                    assert_eq!(inside.fetch_sub(1_000_000, SeqCst), 0, "not alone");
                    value.0 += 1;
                    if i % 8 == 0 {
                        marmota::runtime::gosched();
                    }
                    value.1 += 1;
                    inside.fetch_add(1_000_000, SeqCst);
                }
            });
        }
        group.wait();
        assert_eq!(*lock.read(), (writers * rounds, writers * rounds));
    }
    at_every_width(|| run(8, 2, 2_000));
    explore(|| run(2, 2, 2));
}

#[test]
fn readers_are_inside_together() {
    // Each waits inside until the other is inside too.
    everywhere(|| {
        let (lock, inside, group) = (
            Arc::new(RwMutex::new(())),
            Arc::new(AtomicUsize::new(0)),
            WaitGroup::new(),
        );
        for _ in 0..3 {
            let (lock, inside) = (lock.clone(), inside.clone());
            group.go(move || {
                let _guard = lock.read();
                inside.fetch_add(1, SeqCst);
                while inside.load(SeqCst) < 3 {
                    marmota::runtime::gosched();
                }
            });
        }
        group.wait();
    });
}

#[test]
fn a_waiting_writer_holds_back_new_readers_and_goes_first() {
    explore(|| {
        let lock = Arc::new(RwMutex::new(Vec::new()));
        let first = lock.read();
        let group = WaitGroup::new();
        let theirs = lock.clone();
        group.go(move || {
            time::sleep(MICRO);
            theirs.write().push("writer");
        });
        let theirs = lock.clone();
        group.go(move || {
            time::sleep(2 * MICRO);
            assert_eq!(theirs.read().as_slice(), ["writer"]);
        });
        time::sleep(10 * MICRO);
        assert!(lock.try_read().is_none(), "a writer waits");
        assert!(first.is_empty());
        drop(first);
        group.wait();
    });
}

#[test]
fn readers_that_wait_come_before_the_next_writer() {
    explore(|| {
        let lock = Arc::new(RwMutex::new(0));
        let writer = lock.write();
        let (group, seen) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        for i in 1..=2 {
            let (lock, seen) = (lock.clone(), seen.clone());
            group.go(move || {
                time::sleep(i * MICRO);
                assert_eq!(*lock.read(), 0);
                seen.fetch_add(1, SeqCst);
            });
        }
        let (theirs, had_read) = (lock.clone(), seen.clone());
        group.go(move || {
            time::sleep(3 * MICRO);
            let mut value = theirs.write();
            assert_eq!(had_read.load(SeqCst), 2);
            *value = 1;
        });
        time::sleep(10 * MICRO);
        drop(writer);
        group.wait();
        assert_eq!(*lock.read(), 1);
    });
}

#[test]
fn the_office_network_is_never_used_while_the_router_restarts() {
    explore(|| {
        let (router, group) = (Arc::new(RwMutex::new("up")), WaitGroup::new());
        let (most, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for user in 0..6 {
            let (router, most, now) = (router.clone(), most.clone(), now.clone());
            group.go(move || {
                time::sleep(Duration::from_secs(user / 3 * 2));
                let state = router.read();
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                assert_eq!(*state, "up");
                time::sleep(Duration::from_secs(3));
                now.fetch_sub(1, SeqCst);
            });
        }
        group.go(move || {
            time::sleep(Duration::from_secs(1));
            let mut state = router.write();
            *state = "restarting";
            time::sleep(Duration::from_secs(2));
            *state = "up";
        });
        group.wait();
        assert_eq!(most.load(SeqCst), 3, "three came before the technician");
    });
}

#[test]
fn the_try_forms_take_only_what_is_free() {
    everywhere(|| {
        let lock = Arc::new(RwMutex::new(1));
        let reader = lock.try_read().unwrap();
        let another = lock.try_read_owned().unwrap();
        assert!(lock.try_write().is_none());
        assert!(lock.try_write_owned().is_none());
        drop((reader, another));
        let writer = lock.try_write().unwrap();
        assert!(lock.try_read().is_none());
        assert!(lock.try_read_owned().is_none());
        assert!(lock.try_write().is_none());
        drop(writer);
        *lock.try_write_owned().unwrap() += 1;
        assert_eq!(*lock.read(), 2);
    });
}

#[test]
fn owned_guards_move_to_other_goroutines_and_unlock_there() {
    everywhere(|| {
        let lock = Arc::new(RwMutex::new(0));
        for i in 0..3 {
            let mut writer = lock.write_owned();
            go(move || *writer += 1);
            let reader = lock.read_owned();
            assert_eq!(*reader, i + 1);
            go(move || drop(reader));
        }
        assert_eq!(*lock.write(), 3);
    });
}

#[test]
fn a_writer_that_becomes_a_reader_lets_nobody_write_between() {
    fn run(rounds: usize) {
        let (lock, group) = (Arc::new(RwMutex::new(0)), WaitGroup::new());
        for _ in 0..3 {
            let lock = lock.clone();
            group.go(move || {
                for _ in 0..rounds {
                    let mut writer = lock.write();
                    *writer += 1;
                    let written = *writer;
                    let reader = RwMutexWriteGuard::downgrade(writer);
                    assert_eq!(*reader, written);
                }
            });
        }
        group.wait();
        assert_eq!(*lock.read(), 3 * rounds);
    }
    at_every_width(|| run(1_000));
    explore(|| run(2));
}

#[test]
fn a_panic_gives_the_lock_back() {
    everywhere(|| {
        let lock = Arc::new(RwMutex::new(0));
        let theirs = lock.clone();
        let outcome = spawn(move || {
            let _writer = theirs.write();
            panic!("inside");
        });
        assert!(outcome.join().is_err());
        assert_eq!(*lock.read(), 0);
    });
}

#[test]
fn waits_are_reported_by_name() {
    let report = under_schedules(|| {
        let lock = Arc::new(RwMutex::new(()));
        let theirs = lock.clone();
        go(move || {
            drop(theirs.read());
        });
        let _writer = lock.write();
        let _again = lock.write();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].reason.as_str(), "sync.RWMutex.Lock");
    assert!(
        all.iter()
            .skip(1)
            .all(|b| b.reason.as_str() == "sync.RWMutex.RLock")
    );
    let report = under_schedules(|| {
        let lock = RwMutex::new(());
        let _writer = lock.write();
        let _reader = lock.read();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all[0].reason.as_str(), "sync.RWMutex.RLock");
}
