//! A lock that is read much leans towards its readers, who then are not counted: it
//! must not show. In a file of its own, because a process that has had deterministic
//! runs counts every reader.

mod common;

use common::at_every_width;
use marmota::sync::{OwnedRwMutexReadGuard, RwMutex, WaitGroup};
use marmota::{chan, go, spawn};
use std::sync::Arc;

/// More reads in a row than make a lock lean at first.
const MANY: usize = 10_000;

fn leaning() -> Arc<RwMutex<u64>> {
    let lock = Arc::new(RwMutex::new(0));
    assert_eq!((0..MANY).map(|_| *lock.read()).max(), Some(0));
    lock
}

#[test]
fn a_writer_waits_for_a_reader_that_was_not_counted() {
    at_every_width(|| {
        let lock = leaning();
        let guard = lock.read();
        assert!(lock.try_write().is_none());
        let (done, wrote) = chan(1);
        let writer = lock.clone();
        go(move || {
            *writer.write() = 7;
            done.send(());
        });
        (0..100).for_each(|_| marmota::runtime::gosched());
        assert_eq!((*guard, wrote.try_recv().is_ok()), (0, false));
        drop(guard);
        assert_eq!(wrote.recv(), Some(()));
        assert_eq!(*lock.read(), 7);
    });
}

#[test]
fn a_refused_try_write_forgets_no_reader() {
    at_every_width(|| {
        let lock = leaning();
        let guard = lock.read();
        assert!(lock.try_write().is_none(), "it is read");
        assert!(
            lock.try_write().is_none(),
            "it is still read, and leans no more"
        );
        assert!(lock.try_read().is_some(), "readers come in as before");
        drop(guard);
        assert!(lock.try_write().is_some());
    });
}

#[test]
fn a_guard_may_end_on_any_thread() {
    at_every_width(|| {
        let lock = leaning();
        let guards: Vec<OwnedRwMutexReadGuard<u64>> = (0..6).map(|_| lock.read_owned()).collect();
        let ends: Vec<_> = guards
            .into_iter()
            .map(|guard| std::thread::spawn(move || *guard))
            .collect();
        *lock.write() = 1;
        for end in ends {
            assert_eq!(end.join().unwrap(), 0, "the writer came after it");
        }
    });
}

#[test]
fn a_forgotten_guard_holds_up_no_other_lock() {
    at_every_width(|| {
        let mut lock = RwMutex::new(0);
        for round in 0..8 {
            assert_eq!((0..MANY).map(|_| *lock.read()).max(), Some(round));
            std::mem::forget(lock.read());
            // Another lock, at the same place.
            lock = RwMutex::new(round + 1);
            assert_eq!((0..MANY).map(|_| *lock.read()).max(), Some(round + 1));
            *lock.write() = round + 1;
        }
    });
}

#[test]
fn readers_never_see_half_of_what_a_writer_does() {
    at_every_width(|| {
        let lock = Arc::new(RwMutex::new((0u64, 0u64)));
        let (readers, stop) = (
            WaitGroup::new(),
            Arc::new(std::sync::atomic::AtomicBool::new(false)),
        );
        for _ in 0..4 {
            let (lock, stop) = (lock.clone(), stop.clone());
            readers.go(move || {
                let mut last = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    for _ in 0..1000 {
                        let seen = lock.read();
                        assert_eq!(seen.0, seen.1);
                        assert!(seen.0 >= last, "time goes on");
                        last = seen.0;
                    }
                    marmota::runtime::gosched();
                }
            });
        }
        let writer = spawn(move || {
            for round in 1..=200 {
                // Long enough, often enough, for the lock to lean again.
                (0..round * 50).for_each(|_| assert_eq!(lock.read().0, round - 1));
                let mut value = lock.write();
                value.0 = round;
                std::hint::black_box(&mut value);
                value.1 = round;
            }
        });
        writer.join().unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        readers.wait();
    });
}
