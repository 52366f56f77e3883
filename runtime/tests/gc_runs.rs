//! Collections in deterministic runs: they happen, at points that the schedule fixes,
//! whatever the process has done to the heap before.

use marmota::gc::{self, Gc, Trace};
use marmota::sim::{Explorer, Verdict};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// The heap is one: one test at a time.
static ONE: Mutex<()> = Mutex::new(());

struct Token(Arc<AtomicUsize>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[derive(Trace)]
struct Object {
    number: usize,
    token: Arc<Token>,
}

/// What one schedule saw: after which allocation how many objects had been dropped.
fn seen(seed: u64) -> Vec<usize> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let of_run = log.clone();
    let report = Explorer::new().schedules(1).seed(seed).run(move || {
        let dropped = Arc::new(AtomicUsize::new(0));
        let (tx, rx) = marmota::chan(0);
        for id in 0..2 {
            let (tx, dropped) = (tx.clone(), dropped.clone());
            marmota::go(move || {
                for number in 0..300 {
                    let token = Arc::new(Token(dropped.clone()));
                    let object = Gc::new(Object { number, token });
                    assert_eq!(object.number, number);
                    tx.send(id);
                }
            });
        }
        for _ in 0..600 {
            let id: usize = rx.recv().unwrap();
            let mut log = of_run.lock().unwrap();
            log.push(id);
            log.push(dropped.load(SeqCst));
        }
    });
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    Arc::into_inner(log).unwrap().into_inner().unwrap()
}

#[test]
fn a_replayed_run_collects_at_the_same_points() {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    for seed in 1..=5 {
        let first = seen(seed);
        // The heap is another by now.
        let kept: Vec<_> = (0..seed * 1000).map(|i| Gc::new([i; 5])).collect();
        for i in 0..500 {
            let token = Arc::new(Token(Arc::default()));
            Gc::new(Object { number: i, token });
        }
        assert_eq!(seen(seed), first, "seed {seed}");
        drop(kept);
        assert!(first.last() > Some(&0), "nothing was ever dropped");
    }
}

#[test]
fn a_collection_that_the_program_asks_for_is_part_of_the_run() {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let report = Explorer::new().schedules(20).run(|| {
        let dropped = Arc::new(AtomicUsize::new(0));
        let token = Arc::new(Token(dropped.clone()));
        Gc::new(Object { number: 0, token });
        gc::gc();
        // By a goroutine, some time.
        while dropped.load(SeqCst) == 0 {
            marmota::runtime::gosched();
        }
    });
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}
