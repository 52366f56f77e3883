//! `Semaphore`: so many tokens, in the order of asking.

use super::common::{at_every_width, everywhere, explore, panic_message};
use marmota::context::{self, ContextError, background};
use marmota::sync::{Mutex, Semaphore, WaitGroup};
use marmota::{spawn, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MICRO: Duration = Duration::from_micros(1);

#[test]
fn no_more_tokens_are_taken_than_there_are() {
    fn run(goroutines: u64, rounds: usize) {
        let (tokens, taken) = (Semaphore::new(5), Arc::new(AtomicUsize::new(0)));
        let group = WaitGroup::new();
        for i in 0..goroutines {
            let (tokens, taken) = (tokens.clone(), taken.clone());
            group.go(move || {
                let n = i % 5 + 1;
                for _ in 0..rounds {
                    tokens.acquire(&background(), n).unwrap();
                    let now = taken.fetch_add(n as usize, SeqCst) + n as usize;
                    assert!(now <= 5, "{now} taken");
                    marmota::runtime::gosched();
                    taken.fetch_sub(n as usize, SeqCst);
                    tokens.release(n);
                }
            });
        }
        group.wait();
        assert!(tokens.try_acquire(5));
        assert!(!tokens.try_acquire(1));
    }
    at_every_width(|| run(10, 500));
    explore(|| run(5, 1));
}

#[test]
fn who_asks_for_few_waits_behind_who_asks_for_many() {
    explore(|| {
        let (tokens, order) = (Semaphore::new(3), Arc::new(Mutex::new(Vec::new())));
        let group = WaitGroup::new();
        tokens.acquire(&background(), 2).unwrap();
        for (at, n) in [(1, 3), (2, 1), (3, 2)] {
            let (tokens, order) = (tokens.clone(), order.clone());
            group.go(move || {
                time::sleep(at * MICRO);
                tokens.acquire(&background(), n).unwrap();
                order.lock().push(n);
                tokens.release(n);
            });
        }
        time::sleep(10 * MICRO);
        assert!(!tokens.try_acquire(1), "one is there, and others wait");
        tokens.release(2);
        group.wait();
        assert_eq!(order.lock()[0], 3, "{order:?}");
    });
}

#[test]
fn a_wait_ends_with_its_context_and_lets_the_next_pass() {
    explore(|| {
        let (tokens, group) = (Semaphore::new(3), WaitGroup::new());
        tokens.acquire(&background(), 2).unwrap();
        let theirs = tokens.clone();
        group.go(move || {
            let (ctx, _cancel) = context::with_timeout(&background(), 5 * MICRO);
            let got = theirs.acquire(&ctx, 3);
            assert_eq!(got, Err(ContextError::DeadlineExceeded));
        });
        let theirs = tokens.clone();
        group.go(move || {
            time::sleep(MICRO);
            // Behind the large one, until that gives up.
            theirs.acquire(&background(), 1).unwrap();
        });
        group.wait();
        assert!(!tokens.try_acquire(1));
        tokens.release(3);
        assert!(tokens.try_acquire(3));
    });
}

#[test]
fn cancelled_waits_leave_no_token_behind() {
    fn run(goroutines: usize, rounds: usize) {
        let (tokens, group) = (Semaphore::new(1), WaitGroup::new());
        for i in 0..goroutines {
            let tokens = tokens.clone();
            group.go(move || {
                for _ in 0..rounds {
                    let (ctx, cancel) = context::with_cancel(&background());
                    if i % 2 == 0 {
                        marmota::go(move || cancel.cancel());
                    }
                    if tokens.acquire(&ctx, 1).is_ok() {
                        marmota::runtime::gosched();
                        tokens.release(1);
                    }
                }
            });
        }
        group.wait();
        assert!(tokens.try_acquire(1), "{tokens:?}");
    }
    at_every_width(|| run(8, 300));
    explore(|| run(3, 1));
}

#[test]
fn asking_for_more_than_there_are_waits_for_the_end_of_the_context() {
    everywhere(|| {
        let (tokens, (ctx, cancel)) = (Semaphore::new(1), context::with_cancel(&background()));
        let theirs = tokens.clone();
        let doomed = spawn(move || theirs.acquire(&ctx, 2));
        marmota::runtime::gosched();
        tokens.acquire(&background(), 1).unwrap();
        tokens.release(1);
        cancel.cancel();
        assert_eq!(doomed.join().unwrap(), Err(ContextError::Canceled));
        assert!(!tokens.try_acquire(2));
    });
}

#[test]
fn an_ended_context_is_an_error_even_if_the_tokens_are_there() {
    everywhere(|| {
        let (tokens, (ctx, cancel)) = (Semaphore::new(1), context::with_cancel(&background()));
        cancel.cancel();
        assert_eq!(tokens.acquire(&ctx, 1), Err(ContextError::Canceled));
        assert!(tokens.try_acquire(1));
    });
}

#[test]
fn releasing_more_than_held_panics() {
    everywhere(|| {
        let tokens = Semaphore::new(2);
        tokens.acquire(&background(), 1).unwrap();
        assert_eq!(
            panic_message(|| tokens.release(2)),
            "semaphore: released more than held"
        );
    });
}
