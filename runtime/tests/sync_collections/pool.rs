//! `Pool`: values that are kept for a while and used again.

use super::common::{at_every_width, everywhere, panic_message};
use marmota::sync::{Pool, WaitGroup, pool};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// `pool::collect` empties all pools of the process, so these tests take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[test]
fn a_pool_gives_back_what_it_got_and_makes_what_it_lacks() {
    let _turn = TURN.lock();
    everywhere(|| {
        let numbers = Pool::with_new(|| 1);
        assert_eq!(numbers.get(), Some(1));
        numbers.put(7);
        assert_eq!(numbers.get_or_new(), 7);
        assert_eq!(numbers.get_or_new(), 1);
        let empty = Pool::<u8>::new();
        assert_eq!(empty.get(), None);
        assert!(panic_message(|| _ = empty.get_or_new()).contains("Pool::with_new"));
    });
}

#[test]
fn a_pool_is_emptied_over_two_collections() {
    let _turn = TURN.lock();
    everywhere(|| {
        let numbers = Pool::new();
        numbers.put(1);
        numbers.put(2);
        pool::collect();
        let kept = numbers.get().expect("victims serve once more");
        numbers.put(kept);
        pool::collect();
        assert_eq!(numbers.get(), Some(kept), "it was put back since");
        assert_eq!(numbers.get(), None);
        numbers.put(3);
        pool::collect();
        pool::collect();
        assert_eq!(numbers.get(), None);
    });
}

#[test]
fn pooled_values_are_dropped_exactly_once() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Counted {
        fn new() -> Counted {
            ALIVE.fetch_add(1, SeqCst);
            Counted
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, SeqCst);
        }
    }
    let _turn = TURN.lock();
    at_every_width(|| {
        let (values, group) = (Arc::new(Pool::with_new(Counted::new)), WaitGroup::new());
        for i in 0..8 {
            let values = values.clone();
            group.go(move || {
                for _ in 0..1_000 {
                    let (one, two) = (values.get_or_new(), values.get_or_new());
                    if i % 2 == 0 {
                        marmota::runtime::gosched();
                    }
                    values.put(one);
                    values.put(two);
                }
            });
        }
        for _ in 0..20 {
            pool::collect();
            marmota::runtime::gosched();
        }
        group.wait();
        pool::collect();
        pool::collect();
        assert_eq!(ALIVE.load(SeqCst), 0);
        values.put(Counted::new());
        drop(values);
        assert_eq!(ALIVE.load(SeqCst), 0, "a pool drops what it has");
    });
}
