//! Goroutines on the parallel scheduler: starting, joining, meeting, ending.

use marmota::sync::{Mutex, WaitGroup};
use marmota::{chan, go, scope, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Runs `f` at 1, 2 and 8 Ps, each in a runtime of its own.
fn at_every_width(f: fn()) {
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        unsafe { rt.run(f) };
    }
}

#[test]
fn a_value_crosses_an_unbuffered_channel() {
    at_every_width(|| {
        let (tx, rx) = chan(0);
        go(move || tx.send(42));
        assert_eq!(rx.recv(), Some(42));
    });
}

#[test]
fn a_hundred_thousand_goroutines_start_meet_on_channels_and_end() {
    at_every_width(|| {
        const N: usize = 100_000;
        let (tx, rx) = chan(0);
        for i in 0..N {
            let tx = tx.clone();
            go(move || tx.send(i));
        }
        let mut seen = vec![false; N];
        for _ in 0..N {
            let i = rx.recv().expect("nobody closes");
            assert!(!std::mem::replace(&mut seen[i], true), "{i} came twice");
        }
        assert!(seen.iter().all(|s| *s));
        while marmota::runtime::num_goroutine() > 1 {
            marmota::runtime::gosched();
        }
    });
}

#[test]
fn join_gives_the_result_or_the_panic() {
    at_every_width(|| {
        assert_eq!(spawn(|| 6 * 7).join().unwrap(), 42);
        let payload = spawn(|| panic!("as planned")).join().unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"as planned"));
    });
}

#[test]
fn scoped_goroutines_borrow_and_are_waited_for() {
    at_every_width(|| {
        let mut parts = vec![0; 100];
        let total = AtomicUsize::new(0);
        let sum: usize = scope(|s| {
            for (i, part) in parts.iter_mut().enumerate() {
                let total = &total;
                s.go(move || {
                    marmota::runtime::gosched();
                    *part = i;
                    total.fetch_add(i, SeqCst);
                });
            }
            let handles: Vec<_> = (0..10).map(|i| s.spawn(move || i * i)).collect();
            handles.into_iter().map(|h| h.join().unwrap()).sum()
        });
        assert_eq!(sum, 285);
        assert_eq!(total.into_inner(), 4950);
        assert_eq!(parts, (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn a_panic_in_a_scope_comes_out_of_it_after_all_have_ended() {
    at_every_width(|| {
        let ended = AtomicUsize::new(0);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            scope(|s| {
                s.go(|| panic!("one of them"));
                for _ in 0..20 {
                    s.go(|| {
                        marmota::runtime::gosched();
                        ended.fetch_add(1, SeqCst);
                    });
                }
            });
        }));
        assert_eq!(
            outcome.unwrap_err().downcast_ref::<&str>(),
            Some(&"one of them")
        );
        assert_eq!(ended.into_inner(), 20);
    });
}

#[test]
fn a_mutex_loses_no_update() {
    at_every_width(|| {
        let (counter, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
        for _ in 0..16 {
            let counter = counter.clone();
            group.go(move || {
                for i in 0..5_000 {
                    let mut guard = counter.lock();
                    let seen = *guard;
                    if i % 64 == 0 {
                        marmota::runtime::gosched();
                    }
                    *guard = seen + 1;
                }
            });
        }
        group.wait();
        assert_eq!(*counter.lock(), 80_000);
    });
}

#[test]
fn a_large_closure_arrives_whole() {
    at_every_width(|| {
        let big = [7u64; 64];
        assert_eq!(spawn(move || big.iter().sum::<u64>()).join().unwrap(), 448);
        let small = Box::new(3);
        assert_eq!(spawn(move || *small).join().unwrap(), 3);
    });
}

#[test]
fn many_sleep_at_once_and_all_wake() {
    at_every_width(|| {
        let group = WaitGroup::new();
        let woken = Arc::new(AtomicUsize::new(0));
        for i in 0..1_000u64 {
            let woken = woken.clone();
            group.go(move || {
                marmota::time::sleep(std::time::Duration::from_micros(i % 7 * 300));
                woken.fetch_add(1, SeqCst);
            });
        }
        group.wait();
        assert_eq!(woken.load(SeqCst), 1_000);
    });
}

#[test]
fn after_sends_once() {
    at_every_width(|| {
        let timeout = marmota::time::after(std::time::Duration::from_millis(1));
        assert!(timeout.recv().is_some());
        assert!(timeout.try_recv().is_err());
    });
}

#[test]
fn threads_from_outside_use_channels_too() {
    at_every_width(|| {
        let (tx, rx) = chan(0);
        let (back_tx, back_rx) = chan(0);
        let outside = std::thread::spawn(move || {
            for i in 0..100 {
                tx.send(i);
                assert_eq!(back_rx.recv(), Some(i * 2));
            }
            tx.close();
        });
        for i in &rx {
            back_tx.send(i * 2);
        }
        outside.join().unwrap();
    });
}

#[test]
fn a_deadlock_is_reported_with_places() {
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        let outcome = std::panic::catch_unwind(|| {
            // SAFETY: as above.
            unsafe {
                rt.run(|| {
                    let (tx, rx) = chan::<()>(0);
                    go(move || tx.send(()));
                    rx.recv();
                    rx.recv();
                })
            }
        });
        let message = *outcome.unwrap_err().downcast::<String>().unwrap();
        assert!(
            message.starts_with("all goroutines are asleep - deadlock!"),
            "{message}"
        );
        assert!(
            message.contains("goroutine 1 [chan receive]:\n"),
            "{message}"
        );
        assert!(message.contains("tests/goroutines.rs:"), "{message}");
    }
}

/// On a thread without a runtime; both a small closure and one that has to be boxed.
#[test]
fn what_a_goroutine_that_cannot_start_was_to_own_is_dropped() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let owned = Arc::new(());
    let refused = |start: &dyn Fn(Arc<()>)| {
        let payload = catch_unwind(AssertUnwindSafe(|| start(owned.clone())))
            .expect_err("there is no runtime");
        let message = payload.downcast::<&str>().expect("a text");
        assert!(message.contains("#[marmota::main]"), "{message}");
        assert_eq!(Arc::strong_count(&owned), 1, "leaked");
    };
    let large = [0u8; 1000];
    refused(&|owned| go(move || drop(owned)));
    refused(&|owned| go(move || drop((owned, large))));
    refused(&|owned| drop(spawn(move || drop(owned))));
    // And nobody waits for it.
    refused(&|owned| scope(|s| s.go(move || drop(owned))));
    refused(&|owned| scope(|s| drop(s.spawn(move || drop((owned, large))))));
}

const FAIL: &str = "MARMOTA_TEST_FAILS";

#[marmota::test]
fn a_test_that_fails_says_what_and_where() {
    if std::env::var_os(FAIL).is_some() {
        assert_eq!(1 + 1, 3, "as planned");
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_test_that_fails_says_what_and_where"])
        .env(FAIL, "1")
        .output()
        .unwrap();
    assert!(!output.status.success());
    // Among what the runner has caught of the test.
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.split_once("failures:").expect("a failure").1;
    assert!(said.contains("as planned"), "{said}");
    assert!(said.contains("tests/goroutines.rs:"), "{said}");
}
