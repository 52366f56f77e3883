//! The mutex: never two inside, and whoever waits gets it (else the model deadlocks),
//! in both of its modes.

use crate::kernel;
use crate::loom::leans_after;
use crate::raw::RawMutex;
use ::loom::cell::UnsafeCell;
use ::loom::sync::Arc;

struct Shared {
    lock: RawMutex,
    /// Loom fails the run when two threads are in here at once, or when one does not
    /// see what the last one wrote.
    count: UnsafeCell<u32>,
}

// SAFETY: `count` is used under the lock; loom checks that.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

fn work(shared: &Shared, rounds: u32) {
    for _ in 0..rounds {
        shared.lock.lock();
        // SAFETY: the lock is held, and loom checks that it excludes.
        shared.count.with_mut(|count| unsafe { *count += 1 });
        shared.lock.unlock();
    }
}

fn check(threads: u32, rounds: u32, preemptions: usize, impatient: bool) {
    check_leaning(threads, rounds, preemptions, impatient, u32::MAX);
}

/// With a lock that leans after so many rounds.
fn check_leaning(threads: u32, rounds: u32, preemptions: usize, impatient: bool, leans: u32) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        kernel::impatient(impatient);
        leans_after(leans);
        let shared = Arc::new(Shared {
            lock: RawMutex::new(),
            count: UnsafeCell::new(0),
        });
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let shared = shared.clone();
                ::loom::thread::spawn(move || work(&shared, rounds))
            })
            .collect();
        work(&shared, rounds);
        others.into_iter().for_each(|t| t.join().unwrap());
        // SAFETY: all others have ended.
        let count = shared.count.with(|count| unsafe { *count });
        assert_eq!(count, threads * rounds);
        assert!(shared.lock.try_lock(), "it is free at the end");
    });
}

/// In normal mode: two threads come back, three come once.
pub fn normal_mode_excludes_and_loses_no_wakeup() {
    check(2, 2, 5, false);
    check(3, 1, 3, false);
}

/// In starving mode: every waiter that loses once sets it.
pub fn starving_mode_excludes_and_loses_no_wakeup() {
    check(2, 2, 5, true);
    check(3, 1, 3, true);
}

/// Two queue behind one that comes back: the lock is handed over while another waits
/// and a newcomer asks.
pub fn the_lock_is_handed_over_while_others_come() {
    check(3, 2, 2, true);
}

/// A lock that leans at once: it straightens up for whoever waits, and leans again.
pub fn a_lock_that_leans_excludes_and_loses_no_wakeup() {
    check_leaning(2, 2, 3, false, 1);
    check_leaning(2, 3, 2, false, 1);
    check_leaning(3, 1, 2, false, 1);
}

/// The same in starving mode.
pub fn a_lock_that_leans_is_handed_over() {
    check_leaning(2, 2, 3, true, 1);
    check_leaning(3, 1, 2, true, 1);
}
