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

/// Threads that take the lock so often each, and switches at any point.
struct Run {
    rounds: &'static [u32],
    preemptions: usize,
    impatient: bool,
    /// The lock leans after so many rounds.
    leans: u32,
}

fn check(rounds: &'static [u32], preemptions: usize, impatient: bool) {
    let leans = u32::MAX;
    check_run(&Run {
        rounds,
        preemptions,
        impatient,
        leans,
    });
}

fn check_leaning(rounds: &'static [u32], preemptions: usize, impatient: bool) {
    check_run(&Run {
        rounds,
        preemptions,
        impatient,
        leans: 1,
    });
}

fn check_run(run: &Run) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(run.preemptions);
    let (rounds, impatient, leans) = (run.rounds, run.impatient, run.leans);
    builder.check(move || {
        kernel::impatient(impatient);
        leans_after(leans);
        let shared = Arc::new(Shared {
            lock: RawMutex::new(),
            count: UnsafeCell::new(0),
        });
        let (mine, theirs) = rounds.split_first().expect("main's at least");
        let others: Vec<_> = theirs
            .iter()
            .map(|&rounds| {
                let shared = shared.clone();
                ::loom::thread::spawn(move || work(&shared, rounds))
            })
            .collect();
        work(&shared, *mine);
        others.into_iter().for_each(|t| t.join().unwrap());
        // SAFETY: all others have ended.
        let count = shared.count.with(|count| unsafe { *count });
        assert_eq!(count, rounds.iter().sum::<u32>());
        assert!(shared.lock.try_lock(), "it is free at the end");
    });
}

/// In normal mode: two threads come back, three come once.
pub fn normal_mode_excludes_and_loses_no_wakeup() {
    check(&[2, 2], 5, false);
    check(&[1, 1, 1], 3, false);
}

/// In starving mode: every waiter that loses once sets it.
pub fn starving_mode_excludes_and_loses_no_wakeup() {
    check(&[2, 2], 5, true);
    check(&[1, 1, 1], 3, true);
}

/// Two queue behind one that comes back: the lock is handed over while another waits
/// and a newcomer asks.
pub fn the_lock_is_handed_over_while_others_come() {
    check(&[2, 1, 1], 2, true);
}

/// A lock that leans at once: it straightens up for whoever waits, and leans again.
pub fn a_lock_that_leans_excludes_and_loses_no_wakeup() {
    check_leaning(&[2, 2], 3, false);
    check_leaning(&[3, 3], 2, false);
    check_leaning(&[2, 1, 1], 2, false);
}

/// The same in starving mode.
pub fn a_lock_that_leans_is_handed_over() {
    check_leaning(&[2, 2], 3, true);
    check_leaning(&[1, 1, 1], 2, true);
}

/// One gives it back and is asked for it; before it has served who waits, another takes it
/// and gives it back by a store, and is asked as well.
pub fn two_who_are_asked_serve_once() {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        kernel::impatient(false);
        leans_after(1);
        let lock: &'static RawMutex = Box::leak(Box::new(RawMutex::new()));
        lock.lock();
        lock.unlock();
        assert!(lock.leans());
        lock.lock();
        let work = || {
            lock.lock();
            lock.unlock();
        };
        let first = ::loom::thread::spawn(|| lock.unlock());
        let second = ::loom::thread::spawn(work);
        work();
        first.join().unwrap();
        second.join().unwrap();
        assert!(lock.try_lock(), "it is free at the end");
    });
}
