//! `own`: the rules of a Once, for the one that the learner writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use lesson_04_once::own::Once;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{sim, time};
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{Count, HOUR, PARK, outcome, together};

pub fn add_to(suite: &mut Suite) {
    once(suite);
    panics(suite);
}

fn once(suite: &mut Suite) {
    suite
        .test(
            "own::one_of_two_runs",
            "two call at the same moment: one function runs, and both return after it",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let over = Arc::new(AtomicBool::new(false));
                let seen = Log::new();
                let (counted, log) = (runs.clone(), seen.clone());
                together(2, &once, move |once, _| {
                    once.call_once(|| {
                        counted.up();
                        gosched();
                        over.store(true, SeqCst);
                    });
                    log.push(over.load(SeqCst));
                });
                expect_eq("how many functions ran", &runs.get(), &1);
                let all = vec![true, true];
                expect_eq("it was over, as each caller saw it", &seen.all(), &all);
            },
        )
        .on(
            Verdict::WrongResult,
            "did two look before either had said that it runs? Or did one return because the other had \
             begun, and not because it had ended?",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits for a function that is over: who tells it?",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "own::all_who_wait_go_on",
            "three wait for a fourth whose function takes long; all go on when it is over",
            || {
                let (once, door) = (Arc::new(Once::new()), Gate::new());
                let (through, group) = (Log::new(), WaitGroup::new());
                for i in 0..4 {
                    let (once, door, through) = (Arc::clone(&once), door.clone(), through.clone());
                    group.go(move || {
                        once.call_once(|| door.pass());
                        through.push(i);
                    });
                }
                sim::wait();
                expect_eq(
                    "who returned before it was over",
                    &through.all(),
                    &Vec::new(),
                );
                door.open();
                group.wait();
                expect_eq("who went on, sorted", &through.sorted(), &vec![0, 1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "only some of those who waited were woken: all have to be",
        )
        .on(
            Verdict::WrongResult,
            "whoever is not the first waits until the first one's function has returned",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "own::is_completed_never_waits",
            "not before it runs, not while it runs, but from then on",
            || {
                let (once, door) = (Arc::new(Once::new()), Gate::new());
                let mut answers = vec![once.is_completed()];
                let (theirs, inside) = (Arc::clone(&once), Log::new());
                let (log, gate) = (inside.clone(), door.clone());
                let running = marmota::spawn(move || {
                    theirs.call_once(|| {
                        log.push(theirs.is_completed());
                        gate.pass();
                    });
                });
                sim::wait();
                answers.push(once.is_completed());
                door.open();
                running.join().expect("nothing panics in there");
                answers.push(once.is_completed());
                let expected = vec![false, false, true];
                expect_eq("before, while, and after it runs", &answers, &expected);
                expect_eq("asked from within", &inside.all(), &vec![false]);
                let seen = Log::new();
                let log = seen.clone();
                together(3, &once, move |once, i| match i {
                    0 => once.call_once(|| ()),
                    _ => log.push(once.is_completed()),
                });
                expect_eq("while others call", &seen.all(), &vec![true, true]);
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a lock that is held while the function runs: a flag beside the lock can be \
             looked at without it",
        )
        .on(
            Verdict::WrongResult,
            "the flag means *over*, not *begun*: it is set after the function, and never taken back",
        );
    suite
        .test(
            "own::one_does_not_wait_for_another",
            "the functions of two Onces meet, and one calls a third",
            || {
                let all = Arc::new((Once::new(), Once::new(), Once::new()));
                let (meeting, runs) = (Meeting::of(2), Count::default());
                let counted = runs.clone();
                together(2, &all, move |(a, b, inner), i| {
                    let outer = if i == 0 { a } else { b };
                    outer.call_once(|| {
                        meeting.arrive();
                        inner.call_once(|| {
                            counted.up();
                        });
                    });
                });
                expect_eq("how often the third ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::Deadlock,
            "one Once waits for another: what it waits on must be its own",
        );
    suite
        .test(
            "own::rests_while_it_waits",
            "the function takes an hour, and who waits for it is not busy meanwhile",
            || {
                let once = Arc::new(Once::new());
                together(3, &once, |once, _| once.call_once(|| time::sleep(HOUR)));
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn panics(suite: &mut Suite) {
    suite
        .test(
            "own::a_panic_counts_as_done",
            "the function panics: the caller gets the panic, and no other function is run",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let (theirs, counted) = (Arc::clone(&once), runs.clone());
                let panicked = outcome(move || {
                    theirs.call_once(|| {
                        counted.up();
                        panic!("out of fuel");
                    });
                });
                expect_eq(
                    "what came of the first",
                    &panicked,
                    &Err("out of fuel".to_owned()),
                );
                let completed = once.is_completed();
                once.call_once(|| {
                    runs.up();
                });
                expect_eq("whether it was completed", &completed, &true);
                expect_eq("how many functions ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "a panic jumps over the line that sets the flag: let a drop set it, and let the panic go \
             on to the caller",
        )
        .on(
            Verdict::Deadlock,
            "a panic jumps over the line that ends the wait: let a drop do it",
        );
    suite
        .test(
            "own::a_panic_lets_the_others_go_on",
            "two call at the same moment and the function panics: one gets it, the other returns",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let seen = Log::new();
                let (counted, log) = (runs.clone(), seen.clone());
                together(2, &Arc::new(()), move |(), _| {
                    let (once, counted) = (Arc::clone(&once), counted.clone());
                    log.push(outcome(move || {
                        once.call_once(|| {
                            counted.up();
                            gosched();
                            panic!("out of fuel");
                        });
                    }));
                });
                let expected = vec![Ok(()), Err("out of fuel".to_owned())];
                expect_eq("what came of both, sorted", &seen.sorted(), &expected);
                expect_eq("how many functions ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the one who waited must not run its own function: the first one counts, whatever came of \
             it",
        )
        .on(
            Verdict::Deadlock,
            "a panic jumps over the line that ends the wait: let a drop do it",
        )
        .on(Verdict::Livelock, PARK);
}
