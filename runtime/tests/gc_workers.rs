//! A goroutine that collects all the time, and does all of the work itself: the workers
//! that its cycles start do not pile up behind it, and it leaves its P to others.

mod common;

use marmota::gc::{self, Gc, Trace};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Trace)]
struct Node {
    value: u64,
    next: Option<Gc<Node>>,
}

/// The heap is one: one test at a time.
static ONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_cycle_starts_only_the_workers_that_are_missing() {
    let _alone = alone();
    for procs in [1, 2] {
        let rt = marmota::Runtime::builder().procs(procs).build().unwrap();
        let most = || {
            let after_each = (0..200).map(|_| {
                gc::gc();
                gc::testing::workers()
            });
            after_each.max().unwrap_or(0)
        };
        // SAFETY: no thread-local's borrow is held across a blocking call.
        let most = unsafe { rt.run(most) };
        assert!((1..=procs).contains(&most), "{most} workers for {procs} Ps");
    }
}

/// Such a goroutine is in the runtime whenever a look finds it, so it is asked to yield, not
/// stopped by a signal; in storms too.
#[test]
fn collecting_all_the_time_leaves_the_p_to_others_in_storms() {
    let _alone = alone();
    // Seconds, where a request comes after 100 µs. Long cycles, so that a look hardly ever
    // finds the goroutine between two of them.
    const MOST: u32 = 10_000;
    let list = (0..50_000).fold(None, |next, value| Some(Gc::new(Node { value, next })));
    let rt = common::storm(1);
    let others_ran = || {
        let ran = Arc::new(AtomicBool::new(false));
        let other = ran.clone();
        marmota::go(move || other.store(true, Relaxed));
        (0..MOST).any(|_| {
            gc::gc();
            ran.load(Relaxed)
        })
    };
    // SAFETY: no thread-local's borrow is held across a blocking call.
    assert!(unsafe { rt.run(others_ran) });
    assert_eq!(list.map(|node| node.value), Some(49_999));
}

static DROPPED: AtomicU64 = AtomicU64::new(0);

struct Counts;

impl Drop for Counts {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

#[derive(Trace)]
struct Counted {
    #[trace(skip)]
    _counts: Counts,
}

/// Whoever ends a cycle, and whatever its workers are at in that moment: what has died is
/// swept and dropped, though nobody asks for a collection or allocates.
#[test]
fn what_is_dead_when_a_pin_ends_is_dropped_without_another_cycle() {
    let _alone = alone();
    for procs in [1, 2] {
        let rt = common::storm(procs);
        let body = || {
            for round in 0..300 {
                let before = DROPPED.load(Relaxed);
                let pinned = gc::pin();
                drop(Gc::new(Counted { _counts: Counts }));
                gc::testing::begin_cycle();
                for _ in 0..round % 10 {
                    marmota::runtime::gosched();
                }
                drop(pinned);
                while DROPPED.load(Relaxed) == before {
                    marmota::runtime::gosched();
                }
            }
        };
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe { rt.run(body) };
    }
}
