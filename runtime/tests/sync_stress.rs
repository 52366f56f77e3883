//! Everything in `sync` and `context` at once, for longer than a unit test: at 1, 2 and
//! 8 Ps, with a checker that counts. `MARMOTA_STRESS=100` does a hundred times as much.

mod common;

use common::at_every_width;
use marmota::context::{self, background};
use marmota::sync::{Cond, Map, Mutex, OwnedMutexGuard, RwMutex, RwMutexWriteGuard};
use marmota::sync::{Semaphore, WaitGroup, errgroup, singleflight};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

fn times(n: usize) -> usize {
    let factor = std::env::var("MARMOTA_STRESS").map_or(1, |text| {
        text.parse().expect("MARMOTA_STRESS is a whole number")
    });
    n * factor
}

/// A stream of numbers of one's own (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: usize) -> Dice {
        Dice((seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn mutex_guards_wander_and_every_update_counts() {
    at_every_width(|| {
        let (count, group) = (Arc::new(Mutex::new(0usize)), WaitGroup::new());
        let expected = Arc::new(AtomicUsize::new(0));
        let add = |mut guard: OwnedMutexGuard<usize>, pause: bool| {
            let seen = *guard;
            if pause {
                marmota::runtime::gosched();
            }
            *guard = seen + 1;
        };
        let body = move |i: usize, count: Arc<Mutex<usize>>, expected: Arc<AtomicUsize>| {
            let mut dice = Dice::new(i);
            for _ in 0..times(2_000) {
                match dice.below(8) {
                    0 => {
                        if let Some(guard) = count.try_lock_owned() {
                            expected.fetch_add(1, SeqCst);
                            add(guard, dice.below(4) == 0);
                        }
                    }
                    1 if marmota::in_goroutine() => {
                        expected.fetch_add(1, SeqCst);
                        let (guard, pause) = (count.lock_owned(), dice.below(2) == 0);
                        marmota::go(move || add(guard, pause));
                    }
                    n => {
                        expected.fetch_add(1, SeqCst);
                        add(count.lock_owned(), n == 2);
                    }
                }
            }
        };
        for i in 0..16 {
            let (count, expected) = (count.clone(), expected.clone());
            group.go(move || body(i, count, expected));
        }
        let threads = [16, 17].map(|i| {
            let (count, expected) = (count.clone(), expected.clone());
            std::thread::spawn(move || body(i, count, expected))
        });
        group.wait();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        // Guards that were handed on may still be out: locking waits for them.
        while *count.lock() != expected.load(SeqCst) {
            marmota::runtime::gosched();
        }
    });
}

#[test]
fn an_rwmutex_shows_no_half_written_value() {
    at_every_width(|| {
        let (lock, group) = (Arc::new(RwMutex::new([0u64; 8])), WaitGroup::new());
        let writes = Arc::new(AtomicU64::new(0));
        for i in 0..12 {
            let (lock, writes) = (lock.clone(), writes.clone());
            group.go(move || {
                let mut dice = Dice::new(i);
                let whole = |value: &[u64; 8]| assert!(value.iter().all(|n| *n == value[0]));
                for _ in 0..times(2_000) {
                    match dice.below(10) {
                        0 | 1 => {
                            let mut value = lock.write();
                            let pause = dice.below(8);
                            for (at, n) in value.iter_mut().enumerate() {
                                *n += 1;
                                if at as u64 == pause {
                                    marmota::runtime::gosched();
                                }
                            }
                            writes.fetch_add(1, SeqCst);
                            if pause == 0 {
                                whole(&RwMutexWriteGuard::downgrade(value));
                            }
                        }
                        2 => drop(lock.try_write()),
                        3 => {
                            if let Some(value) = lock.try_read() {
                                whole(&value);
                            }
                        }
                        n => {
                            let value = lock.read();
                            if n == 4 {
                                marmota::runtime::gosched();
                            }
                            whole(&value);
                        }
                    }
                }
            });
        }
        group.wait();
        assert_eq!(lock.read()[0], writes.load(SeqCst));
    });
}

#[test]
fn a_ring_of_conditions_passes_its_token_on_for_ever() {
    at_every_width(|| {
        const RING: usize = 7;
        let shared = Arc::new((Mutex::new(0), [const { Cond::new() }; RING]));
        let group = WaitGroup::new();
        for me in 0..RING {
            let shared = shared.clone();
            group.go(move || {
                for _ in 0..times(500) {
                    let mut token = shared.0.lock();
                    shared.1[me].wait_while(&mut token, |token| *token % RING != me);
                    *token += 1;
                    let next = &shared.1[*token % RING];
                    if *token % 3 == 0 {
                        next.broadcast();
                    } else {
                        next.signal();
                    }
                }
            });
        }
        group.wait();
        assert_eq!(*shared.0.lock(), RING * times(500));
    });
}

#[test]
fn semaphore_waits_time_out_and_are_cancelled_and_no_token_is_lost() {
    at_every_width(|| {
        let (tokens, group) = (Semaphore::new(7), WaitGroup::new());
        let taken = Arc::new(AtomicU64::new(0));
        for i in 0..16 {
            let (tokens, taken) = (tokens.clone(), taken.clone());
            group.go(move || {
                let mut dice = Dice::new(i);
                for _ in 0..times(300) {
                    let (n, how) = (dice.below(7) + 1, dice.below(4));
                    let (ctx, cancel) = match how {
                        0 => {
                            let timeout = Duration::from_micros(dice.below(300));
                            context::with_timeout(&background(), timeout)
                        }
                        _ => context::with_cancel(&background()),
                    };
                    if how == 1 {
                        let cancel = cancel.clone();
                        marmota::go(move || cancel.cancel());
                    }
                    if tokens.acquire(&ctx, n).is_ok() {
                        assert!(taken.fetch_add(n, SeqCst) + n <= 7, "overdrawn");
                        if how == 2 {
                            marmota::runtime::gosched();
                        }
                        taken.fetch_sub(n, SeqCst);
                        tokens.release(n);
                    }
                    cancel.cancel();
                }
            });
        }
        group.wait();
        assert!(tokens.try_acquire(7), "{tokens:?}");
    });
}

#[test]
fn every_after_func_is_run_or_stopped_and_every_context_ends() {
    at_every_width(|| {
        let (root, cancel_root) = context::with_cancel(&background());
        let (ran, stopped) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
        let (group, known) = (WaitGroup::new(), Arc::new(Map::new()));
        let rounds = times(300);
        for i in 0..8 {
            let (root, ran, stopped) = (root.clone(), ran.clone(), stopped.clone());
            let known = known.clone();
            group.go(move || {
                let mut dice = Dice::new(i);
                let mut at = root.clone();
                for round in 0..rounds {
                    let (child, cancel) = match dice.below(3) {
                        0 => {
                            let timeout = Duration::from_micros(dice.below(2_000));
                            context::with_timeout(&at, timeout)
                        }
                        _ => context::with_cancel(&at),
                    };
                    ran.add(1);
                    let in_time = ran.clone();
                    let stop = context::after_func(&child, move || in_time.done());
                    match dice.below(4) {
                        0 => cancel.cancel(),
                        1 => marmota::go(move || cancel.cancel()),
                        2 if stop.stop() => {
                            stopped.fetch_add(1, SeqCst);
                            ran.done();
                        }
                        _ => {}
                    }
                    known.store((i, round), child.clone());
                    // Deeper, or back to the top.
                    at = if dice.below(10) == 0 {
                        root.clone()
                    } else {
                        child
                    };
                }
            });
        }
        group.wait();
        cancel_root.cancel();
        // Each that was not stopped runs: once, or the counter goes below zero.
        ran.wait();
        let mut ended = 0;
        known.range(|_, child| {
            assert!(child.err().is_some() && context::cause(child).is_some());
            assert_eq!(child.done().recv(), None);
            ended += 1;
            true
        });
        assert_eq!(ended, 8 * rounds);
        assert!(stopped.load(SeqCst) > 0);
    });
}

#[test]
fn groups_within_groups_report_one_error_each() {
    at_every_width(|| {
        let flights = singleflight::Group::new();
        for round in 0..times(100) {
            let (group, ctx) = errgroup::Group::with_context(&background());
            group.set_limit(Some(round % 5 + 1));
            let ended = Arc::new(AtomicUsize::new(0));
            for i in 0..20 {
                let (flights, ended, ctx) = (flights.clone(), ended.clone(), ctx.clone());
                group.go(move || {
                    let (key, _) = flights.run((round, i % 4), || {
                        marmota::runtime::gosched();
                        i % 4
                    });
                    assert_eq!(key, i % 4);
                    ended.fetch_add(1, SeqCst);
                    if i == 13 {
                        return Err(format!("{round}"));
                    }
                    if i == 14 {
                        ctx.done().recv();
                    }
                    Ok(())
                });
            }
            assert_eq!(group.wait().unwrap_err().to_string(), round.to_string());
            assert_eq!(ended.load(SeqCst), 20);
            assert_eq!(context::cause(&ctx).unwrap().to_string(), round.to_string());
        }
    });
}
