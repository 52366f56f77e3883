use super::*;
use crate::sync::{Mutex, WaitGroup};
use crate::{chan, go};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn a_correct_program_passes_every_schedule() {
    let report = explore(|| {
        let (tx, rx) = chan(2);
        let group = WaitGroup::new();
        for i in 0..3 {
            let tx = tx.clone();
            group.go(move || tx.send(i));
        }
        go(move || {
            group.wait();
            tx.close();
        });
        let mut got: Vec<i32> = rx.iter().collect();
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2]);
    });
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!(report.schedules, 1000);
}

#[test]
fn schedules_differ_and_a_seed_fixes_one() {
    fn order(seed: u64) -> Vec<u32> {
        let log = Arc::new(Mutex::new(Vec::new()));
        let inner = log.clone();
        let report = Explorer::new().schedules(1).seed(seed).run(move || {
            let group = WaitGroup::new();
            for i in 0..4 {
                let log = inner.clone();
                group.go(move || log.lock().push(i));
            }
            group.wait();
        });
        assert!(report.passed(), "{report}");
        std::mem::take(&mut *log.lock())
    }
    let orders: Vec<_> = (0..50).map(order).collect();
    assert!(
        orders
            .iter()
            .collect::<std::collections::HashSet<_>>()
            .len()
            > 10
    );
    assert_eq!(orders, (0..50).map(order).collect::<Vec<_>>());
}

#[test]
fn a_lost_update_is_found() {
    let report = explore(|| {
        let counter = Arc::new(AtomicU32::new(0));
        let group = WaitGroup::new();
        for _ in 0..2 {
            let counter = counter.clone();
            group.go(move || {
                let seen = counter.load(SeqCst);
                crate::runtime::gosched();
                counter.store(seen + 1, SeqCst);
            });
        }
        group.wait();
        assert_eq!(counter.load(SeqCst), 2);
    });
    let Verdict::Panicked(info) = &report.verdict else {
        panic!("{report}")
    };
    assert!(info.message.contains("left: 1"), "{info}");
    assert_eq!(info.goroutine, 1);
    assert!(report.replay.is_some());
}

#[test]
fn opposite_lock_orders_deadlock_with_both_places() {
    let report = explore(|| {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (a2, b2) = (a.clone(), b.clone());
        let other = crate::spawn(move || {
            let _b = b2.lock();
            let _a = a2.lock();
        });
        {
            let _a = a.lock();
            let _b = b.lock();
        }
        other.join().unwrap();
    });
    let Verdict::Deadlock(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all.len(), 2);
    assert!(
        all.iter().all(|b| b.reason.as_str() == "sync.Mutex.Lock"),
        "{report}"
    );
    assert!(
        all.iter()
            .all(|b| b.at.unwrap().file.ends_with("tests/mod.rs")),
        "{report}"
    );
}

#[test]
fn a_goroutine_left_behind_is_a_leak() {
    let report = explore(|| {
        let (tx, rx) = chan::<i32>(0);
        go(move || tx.send(1));
        drop(rx);
    });
    let Verdict::Leak(all) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].reason.as_str(), "chan send");
    assert!(all[0].created_at.is_some());
}

#[test]
fn going_round_in_circles_is_a_livelock() {
    let report = Explorer::new().max_steps(1000).run(|| {
        loop {
            crate::runtime::gosched();
        }
    });
    assert_eq!(report.verdict, Verdict::Livelock { steps: 1001 });
}

#[test]
fn time_is_virtual_and_starts_in_2000() {
    let report = explore(|| {
        let start = crate::time::now();
        let timeout = crate::time::after(Duration::from_secs(3600));
        crate::time::sleep(Duration::from_secs(1800));
        assert_eq!(crate::time::now() - start, Duration::from_secs(1800));
        let at = timeout.recv().unwrap();
        assert_eq!(at - start, Duration::from_secs(3600));
        assert_eq!(crate::kernel::now().as_secs(), 946_684_800 + 3600);
    });
    assert!(report.passed(), "{report}");
}

#[test]
fn a_run_inside_a_goroutine_is_refused() {
    let report = run(|| {
        run(|| ());
    });
    let Verdict::Panicked(info) = &report.verdict else {
        panic!("{report}")
    };
    assert!(info.message.contains("inside a goroutine"), "{info}");
}

mod reports;
mod strategies;

/// A goroutine that is stuck while it unwinds, and a lost update in two others.
fn stuck_while_unwinding_beside_a_lost_update() -> Report {
    struct WaitsForEver;
    impl Drop for WaitsForEver {
        fn drop(&mut self) {
            crate::Chan::<()>::nil().recv();
        }
    }
    explore(|| {
        let count = Arc::new(Mutex::new(0));
        let group = WaitGroup::new();
        for _ in 0..2 {
            let count = count.clone();
            group.go(move || {
                // Only these are places where the other may go first, and they are none
                // on a thread that is panicking.
                let seen = *count.lock();
                *count.lock() = seen + 1;
            });
        }
        group.wait();
        let lost = *count.lock() != 2;
        go(move || {
            if lost {
                let _stuck = WaitsForEver;
                panic!("an update was lost");
            }
        });
    })
}

#[test]
fn a_goroutine_stuck_while_it_unwinds_disturbs_no_other_run() {
    for _ in 0..3 {
        // Twice the same is what makes it deterministic: the first run left its thread
        // panicking, and those that shrink it come after.
        let report = stuck_while_unwinding_beside_a_lost_update();
        assert!(matches!(report.verdict, Verdict::Leak(_)), "{report}");
        assert!(!std::thread::panicking());
    }
}
