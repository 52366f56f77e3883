//! Preemption every 100 µs, while goroutines do what programs do: allocate, print,
//! lock, panic, block, park, start threads and processes. Nothing may be lost, at 1,
//! 2 and 8 Ps.
//!
//! A test fails by a wrong sum, or by not ending.

mod common;

use marmota::sync::{Mutex, WaitGroup};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn in_a_storm(f: fn()) {
    for procs in [1, 2, 8] {
        let rt = common::storm(procs);
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        let stats = unsafe {
            rt.run(|| {
                f();
                marmota::debug::read_sched_stats()
            })
        };
        // Shown by `--nocapture`: the storm did blow.
        println!("{procs} Ps: {stats:?}");
    }
}

/// Work that the optimiser cannot remove and that enters the runtime nowhere.
fn spin(steps: u64) -> u64 {
    (0..steps).fold(1u64, |x, i| {
        std::hint::black_box(x.wrapping_mul(31).wrapping_add(i))
    })
}

#[test]
fn computing_goroutines_all_end() {
    in_a_storm(|| {
        let handles: Vec<_> = (0..16)
            .map(|_| marmota::spawn(|| spin(10_000_000)))
            .collect();
        let want = spin(10_000_000);
        assert!(handles.into_iter().all(|h| h.join().unwrap() == want));
    });
}

#[test]
fn the_allocator_survives_being_stopped_in_the_middle() {
    in_a_storm(|| {
        let group = WaitGroup::new();
        let sum = Arc::new(AtomicU64::new(0));
        for i in 0..16u64 {
            let sum = sum.clone();
            group.go(move || {
                for round in 0..400 {
                    let mut tree = BTreeMap::new();
                    for k in 0..200u64 {
                        tree.insert(k * 7919 % 1009, vec![i as u8; (k * round % 700) as usize]);
                    }
                    sum.fetch_add(tree.len() as u64, Relaxed);
                }
            });
        }
        group.wait();
        assert_eq!(sum.load(Relaxed), 16 * 400 * 200);
    });
}

#[test]
fn locks_of_the_standard_library_and_ours_keep_their_promise() {
    in_a_storm(|| {
        let group = WaitGroup::new();
        let ours = Arc::new(Mutex::new(0u64));
        let std = Arc::new(std::sync::Mutex::new(0u64));
        for _ in 0..8 {
            let (ours, std) = (ours.clone(), std.clone());
            group.go(move || {
                for _ in 0..5_000 {
                    {
                        let mut guard = ours.lock();
                        let seen = *guard;
                        spin(200);
                        *guard = seen + 1;
                    }
                    // No call of the runtime while it is held: it is tied to its thread.
                    let mut guard = std.lock().unwrap();
                    let seen = *guard;
                    spin(200);
                    *guard = seen + 1;
                }
            });
        }
        group.wait();
        assert_eq!(*ours.lock(), 40_000);
        assert_eq!(*std.lock().unwrap(), 40_000);
    });
}

#[test]
fn panics_are_caught_by_whom_they_should_be() {
    in_a_storm(|| {
        let handles: Vec<_> = (0..32u64)
            .map(|i| {
                marmota::spawn(move || {
                    for round in 0..100 {
                        let caught = std::panic::catch_unwind(|| {
                            spin(10_000);
                            std::panic::panic_any(i * 1_000 + round);
                        });
                        let payload = *caught.unwrap_err().downcast::<u64>().unwrap();
                        assert_eq!(payload, i * 1_000 + round);
                    }
                    std::panic::panic_any(i);
                })
            })
            .collect();
        for (i, handle) in handles.into_iter().enumerate() {
            let payload = *handle.join().unwrap_err().downcast::<u64>().unwrap();
            assert_eq!(payload, i as u64);
        }
    });
}

#[test]
fn channels_lose_nothing() {
    in_a_storm(|| {
        let (tx, rx) = marmota::chan(3);
        let group = WaitGroup::new();
        for i in 0..8u64 {
            let tx = tx.clone();
            group.go(move || {
                for k in 0..5_000 {
                    spin(100);
                    tx.send(i * 10_000 + k);
                }
            });
        }
        let (done_tx, done_rx) = marmota::chan(0);
        for _ in 0..4 {
            let (rx, done) = (rx.clone(), done_tx.clone());
            marmota::go(move || done.send(rx.into_iter().inspect(|_| _ = spin(100)).sum::<u64>()));
        }
        group.wait();
        tx.close();
        let got: u64 = (0..4).filter_map(|_| done_rx.recv()).sum();
        let want: u64 = (0..8).map(|i| 5_000 * i * 10_000 + 4_999 * 5_000 / 2).sum();
        assert_eq!(got, want);
    });
}

#[test]
fn blocking_calls_lend_their_processor_and_get_one_back() {
    in_a_storm(|| {
        let group = WaitGroup::new();
        let rounds = Arc::new(AtomicU64::new(0));
        for i in 0..12u32 {
            let rounds = rounds.clone();
            group.go(move || {
                for k in 0..20u32 {
                    let nap = std::time::Duration::from_micros(u64::from((i + k) % 5 * 150));
                    if k % 2 == 0 {
                        std::thread::sleep(nap);
                    } else {
                        marmota::runtime::blocking(|| std::thread::sleep(nap));
                    }
                    spin(20_000);
                    rounds.fetch_add(1, Relaxed);
                    marmota::runtime::gosched();
                }
            });
        }
        group.wait();
        assert_eq!(rounds.load(Relaxed), 240);
    });
}

#[test]
fn threads_and_processes_start() {
    in_a_storm(|| {
        let group = WaitGroup::new();
        let ended = Arc::new(AtomicU64::new(0));
        for i in 0..8u64 {
            let ended = ended.clone();
            group.go(move || {
                for k in 0..40 {
                    spin(30_000);
                    if (i + k) % 2 == 0 {
                        let thread = std::thread::spawn(move || spin(20_000));
                        thread.join().unwrap();
                    } else {
                        let out = std::process::Command::new("/bin/echo")
                            .arg(format!("{i} {k}"))
                            .output()
                            .unwrap();
                        assert_eq!(out.stdout, format!("{i} {k}\n").into_bytes());
                    }
                    ended.fetch_add(1, Relaxed);
                }
            });
        }
        group.wait();
        assert_eq!(ended.load(Relaxed), 320);
    });
}

#[test]
fn what_goroutines_print_comes_out_whole() {
    in_a_storm(|| {
        // 8 × 200 lines fit in a pipe, which nobody reads before the end.
        let (mut read, write) = std::io::pipe().unwrap();
        let out = Arc::new(std::sync::Mutex::new(std::io::BufWriter::new(write)));
        let group = WaitGroup::new();
        for i in 0..8 {
            let out = out.clone();
            group.go(move || {
                for k in 0..200 {
                    spin(2_000);
                    writeln!(out.lock().unwrap(), "goroutine {i} line {k}").unwrap();
                }
            });
        }
        group.wait();
        drop(out);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut read, &mut text).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        let mut want: Vec<_> = (0..8)
            .flat_map(|i| (0..200).map(move |k| format!("goroutine {i} line {k}")))
            .collect();
        want.sort_unstable();
        assert_eq!(lines, want);
    });
}
