use super::super::*;
use crate::runtime::gosched;
use crate::sync::{Mutex, WaitGroup};
use crate::{chan, go, spawn};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

const SEARCHES: [Search; 7] = [
    Search::Portfolio,
    Search::Random,
    Search::Pct { depth: 1 },
    Search::Pct { depth: 2 },
    Search::Pct { depth: 3 },
    Search::Uniform,
    Search::Exhaustive,
];

fn lost_update() {
    let (count, group) = (Arc::new(Mutex::new(0)), WaitGroup::new());
    for _ in 0..2 {
        let count = count.clone();
        group.go(move || {
            let seen = *count.lock();
            *count.lock() = seen + 1;
        });
    }
    group.wait();
    assert_eq!(*count.lock(), 2);
}

#[test]
fn every_strategy_runs_the_whole_budget_or_all_there_is() {
    for search in SEARCHES {
        let report = Explorer::new().schedules(300).strategy(search).run(|| {
            let (tx, rx) = chan(1);
            for i in 0..4 {
                let tx = tx.clone();
                go(move || tx.send(i));
            }
            let sum: i32 = (0..4).filter_map(|_| rx.recv()).sum();
            assert_eq!(sum, 6);
        });
        assert!(report.passed(), "{search:?}: {report}");
        assert_eq!(report.schedules, 300, "{search:?}");
    }
}

#[test]
fn the_exhaustive_walk_proves_tiny_programs_and_says_so() {
    let orders = Arc::new(std::sync::Mutex::new(HashSet::new()));
    let seen = orders.clone();
    let report = Explorer::new()
        .schedules(100_000)
        .strategy(Search::Exhaustive)
        .check_determinism(false)
        .run(move || {
            let log = Arc::new(Mutex::new(Vec::new()));
            let all: Vec<_> = (0..2)
                .map(|i| {
                    let log = log.clone();
                    spawn(move || log.lock().push(i))
                })
                .collect();
            all.into_iter().for_each(|h| h.join().unwrap());
            seen.lock().unwrap().insert(log.lock().clone());
        });
    assert!(report.passed() && report.exhaustive, "{report}");
    assert_eq!(orders.lock().unwrap().len(), 2, "both orders");
    assert!(report.to_string().contains("which are all there are"));
}

#[test]
fn the_exhaustive_walk_does_not_claim_what_it_did_not_see() {
    let report = Explorer::new()
        .schedules(20)
        .strategy(Search::Exhaustive)
        .run(|| {
            let group = WaitGroup::new();
            (0..4).for_each(|_| group.go(gosched));
            group.wait();
        });
    assert!(report.passed() && !report.exhaustive, "{report}");
    assert_eq!(report.schedules, 20);
}

#[test]
fn a_choice_is_tried_every_way() {
    let report = Explorer::new()
        .strategy(Search::Exhaustive)
        .run(|| assert_ne!((crate::kernel::choose(3), crate::kernel::choose(4)), (2, 3)));
    assert!(matches!(report.verdict, Verdict::Panicked(_)), "{report}");
    // The last of three times four, after the plain schedule.
    assert_eq!(report.schedules, 13);
}

#[test]
fn spinning_with_gosched_ends_under_every_strategy() {
    for search in SEARCHES {
        let report = Explorer::new()
            .schedules(200)
            .max_steps(50_000)
            .strategy(search)
            .run(|| {
                let turn = Arc::new(AtomicU32::new(0));
                let group = WaitGroup::new();
                for me in 0..3 {
                    let turn = turn.clone();
                    group.go(move || {
                        while turn.load(SeqCst) != me {
                            gosched();
                        }
                        turn.fetch_add(1, SeqCst);
                    });
                }
                group.wait();
            });
        assert!(report.passed(), "{search:?}: {report}");
    }
}

#[test]
fn polling_without_yielding_ends_under_every_strategy() {
    for search in SEARCHES {
        let report = Explorer::new()
            .schedules(50)
            .max_steps(50_000)
            .strategy(search)
            .run(|| {
                let (tx, rx) = chan(0);
                go(move || tx.send(1));
                while rx.try_recv().is_err() {}
            });
        assert!(report.passed(), "{search:?}: {report}");
    }
}

#[test]
fn what_each_printed_line_replays_is_the_same_course() {
    // PCT of depth 1 preempts nobody, and this bug needs it.
    let blind = Search::Pct { depth: 1 };
    for search in SEARCHES.into_iter().filter(|&s| s != blind) {
        let explorer = Explorer::new().strategy(search);
        let report = explorer.clone().run(lost_update);
        let line = report.replay.clone().expect("a failure has a line");
        for _ in 0..3 {
            let again = explorer.clone().replay(&line).run(lost_update);
            assert_eq!(again.verdict, report.verdict, "{search:?} {line}");
            assert_eq!(again.trace, report.trace, "{search:?} {line}");
        }
        if let Some(found) = &report.found_by {
            let again = explorer.clone().replay(found).run(lost_update);
            assert!(
                matches!(again.verdict, Verdict::Panicked(_)),
                "{found}: {again}"
            );
            assert_eq!(again.replay.as_ref(), Some(found));
        }
    }
}

#[test]
fn the_first_failure_is_made_small() {
    let report = Explorer::new().strategy(Search::Random).run(|| {
        // Noise: many steps that have nothing to do with the bug.
        let (tx, rx) = chan(1);
        for i in 0..6 {
            let tx = tx.clone();
            go(move || tx.send(i));
        }
        assert_eq!((0..6).filter_map(|_| rx.recv()).count(), 6);
        lost_update();
    });
    let line = report.replay.unwrap();
    let moves = line.strip_prefix("moves:").expect(&line);
    assert!(moves == "none" || moves.split(',').count() <= 3, "{line}");
    assert!(report.found_by.unwrap().starts_with("random:0x"));
}

#[test]
fn an_unshrunk_failure_replays_too() {
    let explorer = Explorer::new().strategy(Search::Random).shrink(false);
    let report = explorer.clone().run(lost_update);
    let again = explorer
        .replay(report.replay.as_deref().unwrap())
        .run(lost_update);
    assert_eq!((again.verdict, again.trace), (report.verdict, report.trace));
}

#[test]
fn the_same_seed_explores_the_same_schedules() {
    let first = Explorer::new().seed(5).run(lost_update);
    assert_eq!(first, Explorer::new().seed(5).run(lost_update));
}

#[test]
fn uncontrolled_nondeterminism_is_found() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let report = explore(|| {
        // Stands for a clock or a hash map: another number in each run.
        let n = RUNS.fetch_add(1, SeqCst);
        let group = WaitGroup::new();
        (0..2 + n % 7).for_each(|_| group.go(gosched));
        group.wait();
    });
    assert_eq!(report.verdict, Verdict::Nondeterministic);
    assert!(report.to_string().contains("HashMap"), "{report}");
}

#[test]
fn what_is_set_up_by_the_first_run_is_no_nondeterminism() {
    static FIRST: AtomicU64 = AtomicU64::new(0);
    let report = explore(|| {
        if FIRST.fetch_add(1, SeqCst) == 0 {
            (0..3).for_each(|_| spawn(gosched).join().unwrap());
        }
        spawn(gosched).join().unwrap();
    });
    assert!(report.passed(), "{report}");
}

#[test]
fn a_time_limit_ends_the_search() {
    let report = Explorer::new()
        .schedules(u64::MAX)
        .time(std::time::Duration::ZERO)
        .run(|| {});
    assert_eq!((report.passed(), report.schedules), (true, 0));
}

#[test]
fn uniform_reaches_the_order_in_which_a_short_one_ends_last() {
    // A goroutine of one step against one of forty: the walk must put it at the
    // very end about as often as anywhere else.
    let late = |search| {
        let count = Arc::new(AtomicU32::new(0));
        let seen = count.clone();
        let report = Explorer::new()
            .schedules(2000)
            .strategy(search)
            .check_determinism(false)
            .run(move || {
                let steps = Arc::new(AtomicU32::new(0));
                let (long, short) = (steps.clone(), steps.clone());
                let seen = seen.clone();
                let long = spawn(move || {
                    for _ in 0..40 {
                        crate::kernel::current();
                        let (tx, rx) = chan(1);
                        tx.send(long.fetch_add(1, SeqCst));
                        rx.recv();
                    }
                });
                let short = spawn(move || {
                    let (tx, _rx) = chan(1);
                    tx.send(());
                    if short.load(SeqCst) >= 39 {
                        seen.fetch_add(1, SeqCst);
                    }
                });
                long.join().unwrap();
                short.join().unwrap();
            });
        assert!(report.passed(), "{report}");
        count.load(SeqCst)
    };
    let (uniform, random) = (late(Search::Uniform), late(Search::Random));
    assert!(
        uniform > 20 && random < 5,
        "uniform {uniform}, random {random}"
    );
}
