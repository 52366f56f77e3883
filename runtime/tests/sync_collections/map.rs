//! `Map`: a table that goroutines share without a lock of theirs.

use super::common::{at_every_width, everywhere, explore};
use marmota::sync::{Map, WaitGroup};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn a_map_does_what_go_s_does() {
    everywhere(|| {
        let map = Map::new();
        assert_eq!(map.load(&"a"), None);
        map.store("a", 1);
        assert_eq!(map.load_or_store("a", 2), (1, true));
        assert_eq!(map.load_or_store("b", 2), (2, false));
        assert_eq!(map.swap("b", 3), Some(2));
        assert_eq!(map.swap("c", 4), None);
        assert!(!map.compare_and_swap(&"c", &5, 6));
        assert!(map.compare_and_swap(&"c", &4, 6));
        assert!(!map.compare_and_swap(&"d", &0, 1), "no key, no swap");
        assert!(!map.compare_and_delete(&"c", &4));
        assert!(map.compare_and_delete(&"c", &6));
        assert!(!map.contains(&"c"));
        assert_eq!(map.load_and_delete(&"b"), Some(3));
        assert_eq!(map.load_and_delete(&"b"), None);
        map.delete(&"a");
        map.clear();
        map.range(|_, _| unreachable!("it is empty"));
    });
}

#[test]
fn range_visits_each_key_once_and_the_visitor_may_use_the_map() {
    everywhere(|| {
        let map = Map::new();
        (0..200).for_each(|i| map.store(i, i));
        let mut seen = HashMap::new();
        map.range(|&k, &v| {
            assert_eq!(seen.insert(k, v), None, "{k} came twice");
            map.delete(&k);
            if k < 1_000 {
                map.store(k + 1_000, v);
            }
            true
        });
        assert!((0..200).all(|i| seen.get(&i) == Some(&i)));
        let mut visits = 0;
        map.range(|_, _| {
            visits += 1;
            visits < 5
        });
        assert_eq!(visits, 5, "false ends it");
    });
}

#[test]
fn goroutines_that_swap_in_one_map_lose_nothing() {
    fn run(goroutines: usize, rounds: usize) {
        let (map, group) = (Arc::new(Map::new()), WaitGroup::new());
        for _ in 0..goroutines {
            let map = map.clone();
            group.go(move || {
                for i in 0..rounds {
                    let key = i % 7;
                    map.load_or_store(key, 0);
                    loop {
                        let seen = map.load(&key).unwrap();
                        if map.compare_and_swap(&key, &seen, seen + 1) {
                            break;
                        }
                    }
                }
            });
        }
        group.wait();
        let mut total = 0;
        map.range(|_, n| {
            total += n;
            true
        });
        assert_eq!(total, goroutines * rounds);
    }
    at_every_width(|| run(8, 2_000));
    explore(|| run(2, 2));
}

#[test]
fn one_of_many_stores_first() {
    everywhere(|| {
        let (map, group) = (Arc::new(Map::new()), WaitGroup::new());
        let first = Arc::new(AtomicUsize::new(0));
        for i in 0..4 {
            let (map, first) = (map.clone(), first.clone());
            group.go(move || {
                let (value, loaded) = map.load_or_store("key", i);
                if !loaded {
                    assert_eq!(value, i);
                    first.fetch_add(1, SeqCst);
                }
            });
        }
        group.wait();
        assert_eq!(first.load(SeqCst), 1);
    });
}
