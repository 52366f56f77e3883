//! Objects, destructors and bytes, counted.

use crate::{alone, in_runtime};
use marmota::gc::{self, Gc, GcCell, Trace};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

struct Token(Arc<AtomicUsize>);

impl Token {
    fn new(alive: &Arc<AtomicUsize>) -> Arc<Token> {
        alive.fetch_add(1, SeqCst);
        Arc::new(Token(alive.clone()))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Trace)]
struct Counted {
    next: GcCell<Option<Gc<Counted>>>,
    token: Arc<Token>,
}

fn wait_for_destructors() {
    while gc::testing::waiting_for_drop() > 0 {
        marmota::runtime::gosched();
    }
}

/// Until the destructors that a reaper has taken are over, too.
fn settles_at(alive: &AtomicUsize, expected: usize) {
    wait_for_destructors();
    while alive.load(SeqCst) > expected {
        marmota::runtime::gosched();
    }
    assert_eq!(alive.load(SeqCst), expected);
}

#[test]
fn what_nothing_leads_to_is_dropped_cycles_too_and_nothing_else() {
    let _alone = alone();
    for procs in [1, 2, 8] {
        in_runtime(procs, || {
            let alive = Arc::new(AtomicUsize::new(0));
            let new = |next| {
                Gc::new(Counted {
                    next: GcCell::new(next),
                    token: Token::new(&alive),
                })
            };
            let kept = new(Some(new(None)));
            for _ in 0..100 {
                let last = new(None);
                let first = new(Some(new(Some(last.clone()))));
                last.next.set(Some(first));
            }
            assert_eq!(alive.load(SeqCst), 302);
            gc::gc();
            settles_at(&alive, 2);
            assert_eq!(
                kept.next.get().map(|n| Arc::strong_count(&n.token)),
                Some(1)
            );
            drop(kept);
            gc::gc();
            settles_at(&alive, 0);
        });
    }
}

#[test]
fn a_handle_keeps_its_object_wherever_it_is() {
    let _alone = alone();
    in_runtime(2, || {
        let alive = Arc::new(AtomicUsize::new(0));
        let new = || {
            Gc::new(Counted {
                next: GcCell::new(None),
                token: Token::new(&alive),
            })
        };
        let (tx, rx) = marmota::chan(1);
        let boxed = Box::new(new());
        tx.send(new());
        let locked = Arc::new(marmota::sync::Mutex::new(Some(new())));
        let outside = GcCell::new(Some(new()));
        gc::gc();
        gc::gc();
        wait_for_destructors();
        assert_eq!(alive.load(SeqCst), 4);
        drop((boxed, rx.recv(), locked.lock().take(), outside.take()));
        gc::gc();
        settles_at(&alive, 0);
    });
}

#[test]
fn figures_agree_with_each_other() {
    let _alone = alone();
    in_runtime(2, || {
        gc::gc();
        wait_for_destructors();
        let before = gc::read_mem_stats();
        let kept: Vec<Gc<[u64; 4]>> = (0..1000).map(|i| Gc::new([i; 4])).collect();
        let large = Gc::new([0u64; 10_000]);
        let during = gc::read_mem_stats();
        assert_eq!(during.mallocs - before.mallocs, 1001);
        // 40 bytes with the header, in slots of 48; pages of 8192.
        assert_eq!(during.total_alloc - before.total_alloc, 48_000 + 10 * 8192);
        assert_eq!(during.alloc, during.heap_alloc);
        assert_eq!(during.heap_objects, during.mallocs - during.frees);
        assert_eq!(during.heap_sys, during.heap_inuse + during.heap_idle);
        assert_eq!(
            during.sys,
            during.heap_sys + during.gc_sys + during.stack_sys
        );
        assert!(during.heap_inuse >= during.alloc);
        drop((kept, large));
        gc::gc();
        let after = gc::read_mem_stats();
        assert_eq!(after.frees - before.frees, 1001);
        assert_eq!(after.alloc, before.alloc);
        assert_eq!(after.num_forced_gc, before.num_forced_gc + 1);
        let classes: u64 = after.by_size.iter().map(|c| c.mallocs).sum();
        assert_eq!(classes, after.mallocs - large_objects(&after));
    });
}

fn large_objects(stats: &gc::MemStats) -> u64 {
    let small: u64 = stats.by_size.iter().map(|c| c.mallocs).sum();
    stats.mallocs - small
}

#[test]
fn with_collection_off_the_heap_only_grows() {
    let _alone = alone();
    in_runtime(1, || {
        let old = marmota::debug::set_gc_percent(-1);
        // A cycle that growth began before is over then.
        gc::gc();
        let before = gc::read_mem_stats();
        for i in 0..200_000u64 {
            Gc::new([i; 7]);
        }
        let after = gc::read_mem_stats();
        assert_eq!(after.num_gc, before.num_gc);
        assert_eq!(after.next_gc, u64::MAX);
        assert!(after.alloc - before.alloc >= 200_000 * 64);
        assert_eq!(marmota::debug::set_gc_percent(old), -1);
        gc::gc();
    });
}
