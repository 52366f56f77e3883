//! Mutexes that were taken by one goroutine for so long that they lean (`sync/lean.rs`), and
//! are then wanted by many: at every width, in storms, with threads from outside, and by a
//! condition's wait. Each round has a mutex of its own, so that all begin alike.
//!
//! A test fails by a wrong count, or by not ending.

mod common;

use common::at_every_width;
use marmota::sync::{Cond, Mutex, WaitGroup};
use std::sync::Arc;

const ROUNDS: usize = if cfg!(debug_assertions) { 40 } else { 400 };
/// Enough to lean.
const ALONE: u64 = 5_000;

fn take_alone(count: &Mutex<u64>) {
    (0..ALONE).for_each(|_| *count.lock() += 1);
}

fn lean_and_contend() {
    const MANY: u64 = 6;
    const EACH: u64 = 60;
    for _ in 0..ROUNDS {
        let (count, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
        take_alone(&count);
        for i in 0..MANY {
            let count = count.clone();
            group.go(move || {
                for k in 0..EACH {
                    let mut guard = count.lock();
                    let seen = *guard;
                    if (i + k) % 4 == 0 {
                        // The others have to wait.
                        marmota::runtime::gosched();
                    }
                    *guard = seen + 1;
                }
            });
        }
        // Beside them it leans again, for a while.
        take_alone(&count);
        group.wait();
        assert_eq!(*count.lock(), 2 * ALONE + MANY * EACH);
    }
}

#[test]
fn no_update_and_no_wakeup_is_lost() {
    at_every_width(lean_and_contend);
}

#[test]
fn no_update_and_no_wakeup_is_lost_in_a_storm() {
    for procs in [1, 2, 8] {
        let rt = common::storm(procs);
        // SAFETY: the test holds no thread-local's borrow across a blocking call.
        unsafe { rt.run(lean_and_contend) };
    }
}

#[test]
fn threads_from_outside_take_part() {
    at_every_width(|| {
        for _ in 0..ROUNDS {
            let count = Arc::new(Mutex::new(0));
            take_alone(&count);
            let threads = [(); 2].map(|()| {
                let count = count.clone();
                std::thread::spawn(move || take_alone(&count))
            });
            take_alone(&count);
            for thread in threads {
                marmota::runtime::blocking(|| thread.join()).unwrap();
            }
            assert_eq!(*count.lock(), 4 * ALONE);
        }
    });
}

#[test]
fn a_wait_for_a_condition_gives_back_a_mutex_that_leans() {
    at_every_width(|| {
        for _ in 0..ROUNDS {
            let shared = Arc::new((Mutex::new(0), Cond::new()));
            take_alone(&shared.0);
            let theirs = shared.clone();
            let waits = marmota::spawn(move || {
                let (count, changed) = &*theirs;
                let mut guard = count.lock();
                // Whoever is to change it waits for the lock when this gives it back.
                marmota::runtime::gosched();
                changed.wait_while(&mut guard, |count| *count < ALONE + 10);
                *guard
            });
            let (count, changed) = &*shared;
            for _ in 0..10 {
                marmota::runtime::gosched();
                *count.lock() += 1;
                changed.signal();
            }
            assert_eq!(waits.join().unwrap(), ALONE + 10);
        }
    });
}
