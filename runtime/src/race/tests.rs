use super::*;
use crate::sim::{self, Explorer, Verdict};
use crate::sync::{Mutex, WaitGroup};
use crate::{chan, go, spawn};
use std::sync::Arc;
use std::time::Duration;

/// Whether `f`, given a cell, ever races.
fn races(f: impl Fn(Arc<RaceCell<i32>>) + Send + Sync + 'static) -> bool {
    let report = sim::explore(move || f(Arc::new(RaceCell::new(0))));
    match report.verdict {
        Verdict::Race(_) => true,
        Verdict::Passed => false,
        _ => panic!("{report}"),
    }
}

#[test]
fn two_writes_without_order_race_whatever_the_schedule() {
    for seed in 0..20 {
        let report = Explorer::new().schedules(1).seed(seed).run(|| {
            let cell = Arc::new(RaceCell::new(0));
            let theirs = cell.clone();
            go(move || theirs.set(1));
            cell.set(2);
        });
        let Verdict::Race(race) = report.verdict else {
            panic!("{report}")
        };
        assert_eq!(race.current.kind, AccessKind::Write);
        assert_eq!(race.previous.kind, AccessKind::Write);
        assert!(race.current.at.file.ends_with("tests.rs"));
        let both = [race.current.goroutine, race.previous.goroutine];
        assert!(both.contains(&1) && both.contains(&2));
        let text = race.to_string();
        assert!(text.starts_with("WARNING: DATA RACE\n"), "{text}");
        assert!(
            text.contains("Goroutine 2 was created by goroutine 1 at:"),
            "{text}"
        );
    }
}

#[test]
fn reads_do_not_race_with_reads() {
    assert!(!races(|cell| {
        let (a, b) = (cell.clone(), cell.clone());
        go(move || assert_eq!(a.get(), 0));
        go(move || assert_eq!(b.get(), 0));
        cell.get();
    }));
}

#[test]
fn a_read_races_with_a_later_write_by_any_of_the_readers() {
    assert!(races(|cell| {
        let (a, b) = (cell.clone(), cell.clone());
        let first = spawn(move || a.get());
        let second = spawn(move || b.get());
        first.join().unwrap();
        cell.set(1);
        second.join().unwrap();
    }));
}

#[test]
fn starting_a_goroutine_orders_and_its_end_does_not() {
    assert!(!races(|cell| {
        cell.set(1);
        go(move || cell.set(2));
    }));
    assert!(races(|cell| {
        let theirs = cell.clone();
        go(move || theirs.set(1));
        crate::time::sleep(Duration::from_secs(1));
        cell.set(2);
    }));
}

#[test]
fn joining_orders() {
    assert!(!races(|cell| {
        let theirs = cell.clone();
        spawn(move || theirs.set(1)).join().unwrap();
        cell.set(2);
    }));
    assert!(!races(|cell| {
        crate::scope(|s| s.go(|| cell.set(1)));
        cell.set(2);
    }));
}

#[test]
fn a_send_happens_before_its_receive() {
    for capacity in [0, 1, 3] {
        assert!(!races(move |cell| {
            let (tx, rx) = chan(capacity);
            let theirs = cell.clone();
            go(move || {
                theirs.set(1);
                tx.send(());
            });
            rx.recv();
            cell.set(2);
        }));
    }
}

#[test]
fn a_receive_happens_before_the_end_of_an_unbuffered_send_only() {
    let after_send = |capacity| {
        races(move |cell| {
            let (tx, rx) = chan(capacity);
            let theirs = cell.clone();
            go(move || {
                theirs.set(1);
                rx.recv();
            });
            tx.send(());
            cell.set(2);
        })
    };
    assert!(!after_send(0));
    assert!(after_send(1));
}

#[test]
fn receive_k_happens_before_the_end_of_send_k_plus_capacity() {
    let sends = |n: usize| {
        races(move |cell| {
            let (tx, rx) = chan(2);
            let theirs = cell.clone();
            go(move || {
                theirs.set(1);
                for _ in 0..n {
                    rx.recv();
                }
            });
            (0..n).for_each(|i| tx.send(i));
            cell.set(2);
        })
    };
    assert!(sends(2), "the buffer takes both: no order");
    assert!(!sends(3), "the third waits for the first receive");
}

#[test]
fn one_place_of_a_buffer_says_nothing_of_another() {
    // The second receive knows of the second send, but the first sender wrote.
    assert!(races(|cell| {
        let (tx, rx) = chan(2);
        let (theirs, first) = (cell.clone(), tx.clone());
        go(move || {
            first.send(1);
            theirs.set(1);
        });
        go(move || tx.send(2));
        rx.recv();
        rx.recv();
        cell.set(2);
    }));
}

#[test]
fn a_close_happens_before_a_receive_that_sees_it() {
    assert!(!races(|cell| {
        let (tx, rx) = chan::<()>(0);
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            tx.close();
        });
        rx.recv();
        cell.set(2);
    }));
}

#[test]
fn an_unlock_happens_before_the_next_lock() {
    let program = |locked: bool| {
        races(move |cell| {
            let mutex = Arc::new(Mutex::new(()));
            let (theirs, lock) = (cell.clone(), mutex.clone());
            let other = spawn(move || {
                let _held = lock.lock();
                theirs.update(|n| n + 1);
            });
            {
                let _held = locked.then(|| mutex.lock());
                cell.update(|n| n + 1);
            }
            other.join().unwrap();
            assert!(cell.get() == 2 || !locked);
        })
    };
    assert!(!program(true));
    assert!(program(false));
}

#[test]
fn done_happens_before_the_wait_it_releases() {
    assert!(!races(|cell| {
        let group = WaitGroup::new();
        let theirs = cell.clone();
        group.go(move || theirs.set(1));
        group.wait();
        cell.set(2);
    }));
    assert!(races(|cell| {
        let group = WaitGroup::new();
        let (first, second) = (cell.clone(), cell);
        group.go(move || first.set(1));
        group.go(move || second.set(1));
        group.wait();
    }));
}

#[test]
fn starting_a_timer_happens_before_its_value_is_received() {
    assert!(!races(|cell| {
        cell.set(1);
        let timeout = crate::time::after(Duration::from_secs(1));
        let (tx, rx) = chan(1);
        let other = spawn(move || {
            let timeout: crate::Receiver<crate::time::Instant> = rx.recv().unwrap();
            timeout.recv();
            cell.set(2);
        });
        tx.send(timeout);
        other.join().unwrap();
    }));
}

#[test]
fn a_lost_update_is_a_race_and_never_undefined() {
    let report = sim::explore(|| {
        let cell = Arc::new(RaceCell::new(String::new()));
        let group = WaitGroup::new();
        for name in ["a", "b"] {
            let cell = cell.clone();
            group.go(move || cell.update(|text| text + name));
        }
        group.wait();
    });
    assert!(matches!(report.verdict, Verdict::Race(_)), "{report}");
}

#[test]
fn clocks_of_one_run_say_nothing_in_the_next() {
    // The mutex outlives the runs; the cell races in each of them.
    let mutex = Arc::new(Mutex::new(()));
    for _ in 0..2 {
        let mutex = mutex.clone();
        let report = Explorer::new().schedules(1).run(move || {
            let cell = Arc::new(RaceCell::new(0));
            drop(mutex.lock());
            let theirs = cell.clone();
            go(move || theirs.set(1));
            cell.set(2);
        });
        assert!(matches!(report.verdict, Verdict::Race(_)), "{report}");
    }
}

#[crate::test]
fn cells_keep_whole_values_in_parallel_programs() {
    let cell = Arc::new(RaceCell::new(vec![0u8; 64]));
    let group = WaitGroup::new();
    for i in 0..4 {
        let cell = cell.clone();
        group.go(move || {
            for _ in 0..1000 {
                cell.set(vec![i; 64]);
                let seen = cell.get();
                assert!(seen.iter().all(|&b| b == seen[0]));
            }
        });
    }
    group.wait();
}

#[test]
fn a_receiver_does_not_learn_what_made_room_for_its_value() {
    // The receive of 1 happens before the end of the send of 2, not before the
    // receive of 2: whoever makes room and whoever gets the 2 have no order.
    assert!(races(|cell| {
        let (tx, rx) = chan(1);
        tx.send(1);
        let (theirs, room) = (cell.clone(), rx.clone());
        go(move || {
            theirs.set(1);
            room.recv();
        });
        go(move || tx.send(2));
        if rx.recv() == Some(2) {
            cell.set(2);
        }
    }));
}

#[test]
fn the_latest_read_of_a_goroutine_counts() {
    assert!(races(|cell| {
        let (tx, rx) = chan(1);
        let theirs = cell.clone();
        go(move || {
            theirs.get();
            tx.send(());
            theirs.get();
        });
        rx.recv();
        // Its second read has been by then, and nothing says so.
        crate::time::sleep(Duration::from_secs(1));
        cell.set(1);
    }));
}

#[test]
fn arming_a_timer_is_an_edge_of_its_own() {
    assert!(!races(|cell| {
        // The standard library's mutex orders nothing here, and blocks nobody.
        let place = Arc::new(std::sync::Mutex::new(None));
        let (theirs, seen) = (cell.clone(), place.clone());
        let other = spawn(move || {
            crate::time::sleep(Duration::from_secs(1));
            let timeout: Option<crate::Receiver<_>> = seen.lock().unwrap().take();
            timeout.unwrap().recv();
            theirs.set(2);
        });
        cell.set(1);
        *place.lock().unwrap() = Some(crate::time::after(Duration::from_secs(2)));
        other.join().unwrap();
    }));
}

#[test]
fn readers_are_unordered_among_themselves_and_ordered_with_writers() {
    use crate::sync::RwMutex;
    let program = |writes: bool| {
        races(move |cell| {
            let lock = Arc::new(RwMutex::new(()));
            let (theirs, their_lock) = (cell.clone(), lock.clone());
            let other = spawn(move || {
                if writes {
                    let _held = their_lock.write();
                    theirs.set(1);
                } else {
                    let _held = their_lock.read();
                    theirs.set(1);
                }
            });
            {
                let _held = lock.read();
                cell.get();
            }
            other.join().unwrap();
        })
    };
    assert!(!program(true));
    assert!(program(false));
}

#[test]
fn a_function_run_once_happens_before_every_return() {
    use crate::sync::Once;
    assert!(!races(|cell| {
        let once = Arc::new(Once::new());
        let (theirs, their_once) = (cell.clone(), once.clone());
        go(move || {
            their_once.call_once(|| theirs.set(1));
            theirs.get();
        });
        once.call_once(|| cell.set(1));
        cell.get();
    }));
}

#[test]
fn a_store_happens_before_the_load_that_sees_it_and_a_load_before_nothing() {
    use crate::sync::atomic::Int32;
    let program = |stores: bool| {
        races(move |cell| {
            let flag = Arc::new(Int32::new(0));
            let (theirs, their_flag) = (cell.clone(), flag.clone());
            let other = spawn(move || {
                theirs.set(1);
                if stores {
                    their_flag.store(1);
                } else {
                    their_flag.load();
                }
            });
            if stores {
                if flag.load() == 1 {
                    cell.get();
                }
            } else {
                flag.store(1);
                cell.get();
            }
            other.join().unwrap();
        })
    };
    assert!(!program(true));
    assert!(program(false));
}

#[test]
fn a_signal_happens_before_the_wait_it_ends() {
    use crate::sync::Cond;
    assert!(!races(|cell| {
        let both = Arc::new((Mutex::new(false), Cond::new()));
        let (theirs, other) = (cell.clone(), both.clone());
        go(move || {
            theirs.set(1);
            *other.0.lock() = true;
            other.1.signal();
        });
        let mut ready = both.0.lock();
        while !*ready {
            both.1.wait(&mut ready);
        }
        cell.set(2);
    }));
}

#[test]
fn giving_back_tokens_happens_before_taking_them() {
    use crate::context::background;
    use crate::sync::Semaphore;
    let program = |size| {
        races(move |cell| {
            let tokens = Semaphore::new(size);
            let (theirs, their_tokens) = (cell.clone(), tokens.clone());
            let other = spawn(move || {
                their_tokens.acquire(&background(), 1).unwrap();
                theirs.update(|n| n + 1);
                their_tokens.release(1);
            });
            tokens.acquire(&background(), 1).unwrap();
            cell.update(|n| n + 1);
            tokens.release(1);
            other.join().unwrap();
        })
    };
    assert!(!program(1));
    assert!(program(2));
}

#[test]
fn giving_a_permit_happens_before_the_park_that_takes_it() {
    use crate::kernel::{self, WaitReason};
    assert!(!races(|cell| {
        let me = kernel::current();
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            kernel::ready(me);
        });
        kernel::park(WaitReason::Parked);
        cell.set(2);
    }));
}

#[test]
fn what_is_put_into_a_pool_happened_before_it_is_got() {
    use crate::sync::Pool;
    // A value carries the order; another value's does not.
    let through_pool = |asked_for: i32| {
        races(move |cell| {
            let pool = Arc::new(Pool::new());
            let (theirs, cell2) = (pool.clone(), cell.clone());
            pool.put(2);
            go(move || {
                cell2.set(1);
                theirs.put(1);
            });
            if pool.get() == Some(asked_for) {
                cell.get();
            }
        })
    };
    assert!(!through_pool(1));
    assert!(through_pool(2));
}

#[test]
fn a_cancel_happens_before_whatever_sees_it() {
    use crate::context::{background, cause, with_cancel};
    assert!(!races(|cell| {
        let (context, cancel) = with_cancel(&background());
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        if context.err().is_some() {
            cell.get();
        }
        context.done().recv();
        cell.get();
    }));
    assert!(!races(|cell| {
        let (context, cancel) = with_cancel(&background());
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        if cause(&context).is_some() {
            cell.get();
        }
    }));
    // One that has not been seen orders nothing, and neither does the end by time.
    assert!(races(|cell| {
        let (context, cancel) = with_cancel(&background());
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        let _ = context.err();
        cell.get();
    }));
}

#[test]
fn a_channel_of_done_that_is_made_late_says_the_same() {
    use crate::context::{background, with_cancel};
    assert!(!races(|cell| {
        let (context, cancel) = with_cancel(&background());
        let theirs = cell.clone();
        go(move || {
            theirs.set(1);
            cancel.cancel();
        });
        let other = context.clone();
        let reader = spawn(move || {
            other.done().recv();
        });
        context.done().recv();
        cell.get();
        reader.join().unwrap();
    }));
}
