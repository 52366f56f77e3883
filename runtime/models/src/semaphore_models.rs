//! The semaphore: tokens are never overdrawn, whoever waits gets its own, and giving a
//! wait up takes it out or comes too late, never both.

use crate::weighted::{Ticket, Weighted};
use ::loom::sync::Arc;
use ::loom::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::panic::Location;

fn check(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn acquire(tokens: &Weighted, n: u64) {
    if !tokens.try_take(n) {
        assert!(tokens.wait(n, None, Location::caller()));
    }
}

/// One asks for both tokens, two for one each.
pub fn tokens_are_never_overdrawn_and_no_wakeup_is_lost() {
    check(3, || {
        let shared = Arc::new((Weighted::new(2), AtomicU32::new(0)));
        let work = |shared: &(Weighted, AtomicU32), n: u32| {
            acquire(&shared.0, u64::from(n));
            assert!(shared.1.fetch_add(n, SeqCst) + n <= 2, "overdrawn");
            shared.1.fetch_sub(n, SeqCst);
            assert!(shared.0.give_back(u64::from(n)));
        };
        let others = [2, 1].map(|n| {
            let shared = shared.clone();
            ::loom::thread::spawn(move || work(&shared, n))
        });
        work(&shared, 1);
        others.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(shared.0.held(), 0);
        assert!(!shared.0.give_back(1), "none is held");
    });
}

/// A release and a cancellation race for one waiter.
pub fn a_wait_that_is_given_up_takes_no_token() {
    check(3, || {
        let shared = Arc::new((Weighted::new(1), Ticket::new()));
        assert!(shared.0.try_take(1));
        let releaser = {
            let shared = shared.clone();
            ::loom::thread::spawn(move || assert!(shared.0.give_back(1)))
        };
        let canceller = {
            let shared = shared.clone();
            ::loom::thread::spawn(move || shared.0.give_up(&shared.1))
        };
        let taken = shared.0.wait(1, Some(&shared.1), Location::caller());
        releaser.join().unwrap();
        canceller.join().unwrap();
        assert_eq!(shared.0.held(), u64::from(taken));
    });
}
